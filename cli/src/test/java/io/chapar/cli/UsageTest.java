package io.chapar.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

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
        assertFalse(run.err().contains("\tat ") || run.err().contains("Error:"), run.err());
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
    void whatIsMeantIsGuessedOnlyWhenItIsNear() {
        refused(List.of("topci"), "Did you mean topic?");
        refused(List.of("topic", "lst"), "Did you mean list?");
        refused(List.of("txn", "find"), "Did you mean find-hanging?");
        assertFalse(Run.of("zzzzzz").err().contains("Did you mean"));
        refused(List.of("broker", "--set", "num.partition=3"), "did you mean 'num.partitions'?");
        Run far = Run.of("broker", "--set", "foo=bar");
        assertEquals(2, far.exitCode());
        assertEquals("chapar: There is no setting 'foo'.", far.err().lines().findFirst().orElse(""));
    }

    @Test
    void aFaultInAFileIsShownWhereItIs(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("b.properties"),
                "# settings\nnum.partitions=2\n\nlog.retention.hrs = 5\n");
        refused(List.of("broker", "--config", file.toString()), file + ", line 4: ", "'log.retention.hrs'");
        Files.writeString(file, "node.id=1\nnum.partitions=none\n");
        refused(List.of("broker", "--config", file.toString()), file + ", line 2: ", "whole number");
    }

    @Test
    void aNumberThatCannotBeIsNotTakenForTheDefault() {
        refused(List.of("topic", "create", "t", "-p", "-1"), "at least one partition");
        refused(List.of("topic", "create", "t", "-r", "-1"), "at least one copy");
    }

    @Test
    void emptyAndImpossibleValuesAreNamedByTheirOption() {
        refused(List.of("broker", "--data", ""), "--data must not be empty");
        refused(List.of("produce", "x", "--transactional-id", ""), "--transactional-id must not be empty");
        refused(List.of("topic", "list", "--bootstrap", "http://x:1"), "--bootstrap", "http://x:1");
        refused(List.of("topic", "create", "x", "--partitions", "abc"), "--partitions needs a whole number, not 'abc'");
        refused(List.of("txn", "why", "orders"), "TOPIC/PARTITION", "'orders'");
        refused(List.of("txn", "abort"), "--hanging");
        refused(List.of("config", "set", "orders", "retention.ms"), "KEY=VALUE");
        refused(List.of("config", "set", "orders"), "KEY=VALUE");
        refused(List.of("config", "describe"), "--broker");
        refused(List.of("txn", "list", "--state", "open"), "--state", "Ongoing");
        refused(List.of("produce", "x", "--set", "max.request.sise=1", "--bootstrap", "127.0.0.1:1"),
                "max.request.size");
    }

    @Test
    void aNounNeedsAVerb() {
        for (String noun : List.of("topic", "group", "txn", "config")) {
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
        refused(List.of("demo", "--nodes", "6"), "--nodes is between 1 and 5");
    }

    @Test
    void aClusterThatCannotBeIsNotStarted(@TempDir Path folder) {
        List<String> start = List.of("cluster", "start", "--data", folder.toString());
        for (String[] each : new String[][] {
                {"--nodes", "0", "--nodes is between 1 and 5"}, {"--nodes", "6", "--nodes is between 1 and 5"},
                {"--base-port", "-1", "--base-port is between 0 and 65535"}, {"--wait", "0", "--wait is between 1"},
                {"--set", "num.partition=3", "did you mean 'num.partitions'?"},
                {"--bootstrap", "x:1", "Unknown option '--bootstrap'"}}) {
            List<String> line = new java.util.ArrayList<>(start);
            line.addAll(List.of(each).subList(0, 2));
            refused(line, each[2]);
        }
        refused(List.of("cluster", "kill"), "N");
        refused(List.of("cluster", "kill", "two"), "needs a whole number, not 'two'");
        refused(List.of("cluster", "kill", "2", "--signal", "HUP"), "--signal", "TERM, KILL, STOP, CONT");
        refused(List.of("cluster", "stop", "--data", ""), "--data must not be empty");
        Run none = Run.of("cluster", "stop", "--data", folder.toString());
        assertEquals(1, none.exitCode());
        assertEquals("chapar: There is no cluster in " + folder
                + ". Start one with 'chapar cluster start', or name its folder with --data.\n", none.err());
        assertEquals(1, Run.of("cluster", "status", "--data", folder.toString()).exitCode());
    }

    @Test
    void everyCommandHelps() {
        helps(Chapar.commandLine(), List.of());
    }

    /// To look at all commands takes longer than what most of them do.
    @Test
    void aLineIsReadWithoutTheCommandsThatItDoesNotName() {
        assertEquals(Set.of("topic"), known("topic", "list"));
        assertEquals(Set.of(), known("--version"));
        assertTrue(known("--verbose", "topic", "list").containsAll(Set.of("topic", "txn")));
        assertEquals(Chapar.commandLine().getSubcommands().keySet(), known("topci"));
        assertEquals(Set.of("list"), Chapar.commandLine(new String[] {"topic", "list"}).getSubcommands().get("topic")
                .getSubcommands().keySet());
        assertEquals("chapar 0.1.0\n", Run.of("-V").out());
    }

    private static Set<String> known(String... line) {
        return Chapar.commandLine(line).getSubcommands().keySet();
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
