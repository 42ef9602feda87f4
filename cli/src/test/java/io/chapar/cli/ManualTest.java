package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class ManualTest {
    @Test
    void everyCommandHasAPage(@TempDir Path share) throws Exception {
        Manual.main(new String[] {share.toString(), "1.2.3", "2026-01-01"});
        requirePage(Chapar.commandLine(), share.resolve("man/man1"));
        String list = Files.readString(share.resolve("man/man1/chapar-topic-list.1"));
        assertTrue(list.startsWith(".TH \"CHAPAR-TOPIC-LIST\" 1 \"2026-01-01\" \"Chapar 1.2.3\""), list);
        assertTrue(list.contains(".B \\-\\-internal\nShow the internal topics too.\n"), list);
        assertTrue(list.contains("How to print results: table, "), "variables of the parser are filled in");
        for (Completion.Shell shell : Completion.Shell.values()) {
            assertTrue(Files.size(share.resolve(shell.installed())) > 0, shell.name());
        }
    }

    private static void requirePage(CommandLine command, Path pages) {
        assertTrue(Files.exists(pages.resolve(command.getCommandSpec().qualifiedName("-") + ".1")));
        command.getSubcommands().values().forEach(sub -> requirePage(sub, pages));
    }

    @Test
    void textStaysText() {
        assertEquals("\\&.TH a\\-b\\ec\n\\&'x", Manual.text(".TH a-b\\c\n'x"));
    }
}
