package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class CheatCommandIT {
    /// Each is split as a shell would: what stands before a bar becomes standard input.
    @Test
    void everyCommandWorksAsItStands(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, "group.initial.rebalance.delay.ms=0")) {
            for (CheatCommand.Sheet sheet : CheatCommand.SHEETS) {
                for (CheatCommand.Line line : sheet.lines()) {
                    String[] words = Shell.words(folder, line.command());
                    Run run = broker.run(Shell.input(folder, line.command()), words);
                    assertEquals(0, run.exitCode(), line.command() + ": " + run.err() + run.out());
                }
            }
        }
    }

    @Test
    void oneSheetOrAll() {
        assertTrue(Run.of("cheat").out().contains("# TRANSACTIONS\n"));
        assertEquals(1, Run.of("cheat", "groups").out().lines().filter(line -> line.startsWith("# ")).count());
        assertEquals(2, Run.of("cheat", "nonsense").exitCode());
        assertTrue(Run.of("cheat", "--help").out().replaceAll("\\s+", " ").contains("one of: "
                + String.join(", ", CheatCommand.SHEETS.stream().map(CheatCommand.Sheet::title).toList()) + "."));
    }

    @Test
    void nothingNamedIsAnOverview() {
        Run run = Run.of();
        assertEquals(0, run.exitCode());
        assertTrue(run.out().contains("chapar cheat") && run.err().isEmpty(), run.out());
        Chapar.commandLine().getSubcommands().forEach((name, noun) -> {
            assertTrue(run.out().contains("chapar " + name), name + " is in the overview");
            noun.getSubcommands().keySet().forEach(verb -> assertTrue(run.out().contains(" " + verb) || verb.isEmpty()
                    || name.equals("cluster"), verb + " is in the overview"));
        });
    }

    /// What a shell makes of a line, asked of one.
    private static final class Shell {
        private Shell() {
        }

        static String[] words(Path folder, String line) throws Exception {
            return said(folder, "chapar() { printf '%s\\n' \"$@\"; }\n" + line).lines().toArray(String[]::new);
        }

        static String input(Path folder, String line) throws Exception {
            return line.contains("|") ? said(folder, "chapar() { cat; }\n" + line) : "";
        }

        private static String said(Path folder, String script) throws Exception {
            Path out = Files.createTempFile(folder, "said", ".txt");
            Process shell = new ProcessBuilder("sh", "-c", script).redirectOutput(out.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
            assertEquals(0, shell.waitFor());
            return Files.readString(out);
        }
    }
}
