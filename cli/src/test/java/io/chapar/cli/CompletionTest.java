package io.chapar.cli;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The scripts in the shells they are for, of those that are installed.
final class CompletionTest {
    @TempDir
    private Path folder;

    @Test
    void bash() throws Exception {
        assertEquals(List.of("topic txn", "list", "list", "--internal", "--output"), in("bash", """
                complete() { :; }
                . "$1"
                try() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); _chapar; echo "${COMPREPLY[*]}"; }
                try chapar t
                try chapar topic li
                try chapar --bootstrap x:1 topic li
                try chapar topic list --intern
                try chapar topic --out
                """));
        assertTrue(in("bash", """
                . "$1"
                COMP_WORDS=(chapar topic list -o ''); COMP_CWORD=4; _chapar; echo "${COMPREPLY[*]}"
                """).getFirst().startsWith("table "));
    }

    @Test
    void zsh() throws Exception {
        List<String> said = in("zsh", """
                compdef() { }
                compadd() { shift; print -r -- "$*"; }
                _describe() { print -r -- "${${(P)2}[1]}" }
                . "$1"
                try() { words=("$@"); CURRENT=$#; _chapar; }
                try chapar --bootstrap x:1 topic li
                try chapar topic list -o ''
                """);
        assertEquals("create:Create a topic", said.getFirst());
        assertTrue(said.getLast().startsWith("table "), said::toString);
    }

    @Test
    void fish() throws Exception {
        List<String> said = in("fish", """
                source $argv[1]
                complete -C 'chapar --bootstrap x:1 topic lis'
                complete -C 'chapar topic list -o tab'
                complete -C 'chapar topic list --intern'
                """);
        assertEquals(List.of("list\tList topics", "table", "--internal\tShow the internal topics too"),
                said.stream().map(line -> line.startsWith("table\t") ? "table" : line).toList());
    }

    private List<String> in(String shell, String lines) throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/" + shell)), shell + " is installed");
        Run made = Run.of("completion", shell);
        assertEquals(0, made.exitCode(), made.err());
        Path script = Files.writeString(folder.resolve("chapar." + shell), made.out());
        Path test = Files.writeString(folder.resolve("test." + shell), lines);
        ProcessBuilder how = new ProcessBuilder("/usr/bin/" + shell, test.toString(), script.toString())
                .redirectErrorStream(true);
        how.environment().put("HOME", folder.toString());
        Process process = how.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        return said.lines().toList();
    }
}
