package io.chapar.cli;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a command line that makes no sense is answered with: one sentence, and exit code 2.
final class UsageTest {
    private static void refused(List<String> line, String... said) {
        Run run = Run.of(line.toArray(String[]::new));
        assertEquals(2, run.exitCode(), run.err());
        assertEquals("", run.out());
        assertTrue(run.err().startsWith("chapar: "), run.err());
        assertFalse(run.err().contains("\tat "), run.err());
        assertTrue(run.err().lines().count() <= 2, run.err());
        for (String part : said) {
            assertTrue(run.err().contains(part), run.err());
        }
    }

    @Test
    void aMistypedCommandIsGuessed() {
        refused(List.of("topci"), "'topci'", "topic");
        refused(List.of("topic", "crate", "x"), "crate", "create");
        refused(List.of("topic", "list", "--bootsrap", "x:1"), "--bootsrap", "--bootstrap");
        refused(List.of("broker", "--lisen", "x:1"), "--lisen", "--listen");
    }

    @Test
    void aNounNeedsAVerb() {
        refused(List.of());
        for (String noun : List.of("topic", "group", "txn")) {
            refused(List.of(noun), "verb");
        }
    }

    @Test
    void missingArgumentsAreNamed() {
        refused(List.of("topic", "create"), "NAME");
        refused(List.of("produce"), "TOPIC");
        refused(List.of("consume"), "TOPIC");
        refused(List.of("txn", "describe"), "ID");
    }

    @Test
    void valuesAreChecked() {
        refused(List.of("topic", "create", "x", "--partitions", "0"), "partition");
        refused(List.of("topic", "create", "x", "--partitions", "many"), "--partitions");
        refused(List.of("produce", "x", "--acks", "2"), "--acks");
        refused(List.of("produce", "x", "--compression", "rar"), "--compression");
        refused(List.of("consume", "x", "--from", "yesterday"), "--from");
        refused(List.of("consume", "x", "--count", "0"), "--count");
        refused(List.of("consume", "x", "--isolation", "serializable"), "--isolation");
        refused(List.of("consume", "x", "--group", "g", "--partition", "1"), "--group");
        refused(List.of("topic", "list", "-o", "xml"), "-o");
        refused(List.of("topic", "list", "--bootstrap", "nonsense"), "--bootstrap", "nonsense");
        refused(List.of("broker", "--listen", "nonsense"), "--listen");
        refused(List.of("broker", "--set", "nonsense"), "--set");
        refused(List.of("demo", "--flights", "3"), "--flights");
    }

    @Test
    void everyCommandHelps() {
        helps(Chapar.commandLine(), List.of());
    }

    private static void helps(CommandLine command, List<String> words) {
        List<String> line = new java.util.ArrayList<>(words);
        line.add("--help");
        Run run = Run.of(line.toArray(String[]::new));
        assertEquals(0, run.exitCode(), run.err());
        assertTrue(run.out().contains("Usage: chapar"), run.out());
        if (command.getSubcommands().isEmpty()) {
            assertTrue(run.out().contains("Example"), words + " shows no example");
        }
        command.getSubcommands().forEach((name, sub) -> {
            List<String> deeper = new java.util.ArrayList<>(words);
            deeper.add(name);
            helps(sub, deeper);
        });
    }

    @Test
    void nobodyAtTheAddressIsSaidAtOnce() {
        for (List<String> line : List.of(List.of("topic", "list"), List.of("txn", "list"), List.of("group", "list"),
                List.of("produce", "x"), List.of("consume", "x"))) {
            List<String> all = new java.util.ArrayList<>(line);
            all.add("--bootstrap");
            all.add("127.0.0.1:1");
            Run run = Run.of(all.toArray(String[]::new));
            assertEquals(1, run.exitCode(), run.err());
            assertTrue(run.err().contains("127.0.0.1:1"), run.err());
            assertEquals(1, run.err().lines().count(), run.err());
        }
    }
}
