package io.chapar.cli;

import io.chapar.testing.StartedProcess;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What holds for every command that lists, whichever there are.
final class ListCommandIT {
    /// What some have to be told.
    private static final Map<String, List<String>> WORDS = Map.of(
            "topic describe", List.of("flights"), "topic offsets", List.of("flights"),
            "group describe", List.of("readers"), "config describe", List.of("flights"),
            "config diff", List.of("flights"), "dlq show", List.of("dead"), "log level show", List.of("root"));
    /// These have nothing to list here.
    private static final List<String> EMPTY = List.of("txn find-hanging");
    /// This one asks a quorum, which a broker without others has none of.
    private static final List<String> OF_CLUSTERS = List.of("cluster quorum");

    @TempDir
    private static Path folder;
    private static RunningBroker broker;

    @BeforeAll
    static void someOfEach() throws IOException {
        broker = RunningBroker.start(folder);
        RunningBroker.done(broker.run("", "topic", "create", "flights", "--config", "retention.ms=1000000"));
        RunningBroker.done(broker.run("a\n", "produce", "flights", "--transactional-id", "me"));
        broker.awaitNothingHeldBack("flights/0");
        RunningBroker.done(broker.run("", "consume", "flights", "--group", "readers", "--exit-at-end"));
        String header = "{\"key\":\"chapar.dead-letter.%s\",\"value\":\"%s\"}";
        String letter = "{\"value\":\"a\",\"headers\":[" + String.join(",", header.formatted("topic", "flights"),
                header.formatted("partition", 0), header.formatted("offset", 0), header.formatted("error", "no"))
                + "]}\n";
        RunningBroker.done(broker.run(letter, "produce", "dead", "--json"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Map<String, List<String>> lists() {
        Map<String, List<String>> all = new TreeMap<>();
        collect("", Chapar.commandLine(), all);
        OF_CLUSTERS.forEach(all::remove);
        return all;
    }

    private static void collect(String path, CommandLine command, Map<String, List<String>> into) {
        if (command.getCommand() instanceof ListCommand) {
            List<String> line = new ArrayList<>(List.of(path.split(" ")));
            line.addAll(WORDS.getOrDefault(path, List.of()));
            into.put(path, line);
        }
        command.getSubcommands().forEach((name, sub) ->
                collect(path.isEmpty() ? name : path + " " + name, sub, into));
    }

    @Test
    void everyNounHasOne() {
        assertTrue(lists().keySet().containsAll(List.of("status", "topic list", "topic describe", "topic offsets",
                "topic size", "group list", "group describe", "txn list", "txn find-hanging", "config describe",
                "dlq list", "dlq show", "config diff", "cluster brokers", "cluster describe",
                "cluster status")), () -> lists().toString());
    }

    @Test
    void everyFormatIsPrintedByEach() {
        lists().forEach((path, line) -> {
            List<String> csv = print(line, "csv").lines().toList();
            int columns = csv.getFirst().split(",").length;
            assertTrue(csv.getFirst().matches("[a-zA-Z]+(,[a-zA-Z]+)+"), () -> path + ": " + csv);
            assertTrue(EMPTY.contains(path) ? csv.size() == 1 : csv.size() > 1, () -> path + ": " + csv);
            csv.stream().filter(row -> !row.contains("\"")).forEach(row ->
                    assertEquals(columns, row.split(",", -1).length, () -> path + ": " + row));
            List<String> names = print(line, "name").lines().toList();
            assertEquals(csv.stream().skip(1).map(row -> row.replaceFirst(",.*", "")).toList(), names, path);
            Object json = Json.read(print(line, "json").getBytes(StandardCharsets.UTF_8));
            assertTrue(json instanceof List || json instanceof Map, path);
            assertTrue(EMPTY.contains(path) || print(line, "yaml").contains(": "), path);
            String table = print(line, "table");
            assertTrue(EMPTY.contains(path) || table.contains(csv.getFirst().split(",")[0].toUpperCase(
                    java.util.Locale.ROOT).substring(0, 4)), () -> path + ": " + table);
            assertEquals(table.lines().count(), print(line, "wide").lines().count(), path);
        });
    }

    private static String print(List<String> line, String format) {
        return RunningBroker.done(broker.run("",
                Stream.concat(line.stream(), Stream.of("-o", format)).toArray(String[]::new)));
    }

    @Test
    void watchedItShowsWhatCameMeanwhile() throws Exception {
        try (StartedProcess watching = ChaparProcess.start(folder, "topic", "list", "-o", "json", "--watch",
                "--interval", "1", "--bootstrap", broker.address())) {
            String first = watching.line();
            assertTrue(first != null && first.contains("flights"), watching.errors());
            RunningBroker.done(broker.run("", "topic", "create", "meanwhile"));
            String next = watching.line();
            while (next != null && !next.contains("meanwhile")) {
                next = watching.line();
            }
            assertNotNull(next, watching.errors());
            assertInstanceOf(List.class, Json.read(next.getBytes(StandardCharsets.UTF_8)));
            int code = watching.interrupt();
            assertEquals(code, watching.exitCode(), watching.errors());
        }
    }

    @Test
    void watchedForPeopleItSaysWhen() throws Exception {
        try (StartedProcess watching = ChaparProcess.start(folder, "topic", "list", "--watch", "--interval", "1",
                "--bootstrap", broker.address())) {
            String heading = watching.line();
            assertTrue(heading != null && heading.matches("\\d\\d:\\d\\d:\\d\\d, every 1 s"), heading);
            assertTrue(String.valueOf(watching.line()).startsWith("NAME "));
        }
    }

    @Test
    void anIntervalThatMakesNoSense() {
        Run run = broker.run("", "topic", "list", "--watch", "--interval", "0");
        assertEquals(2, run.exitCode());
        assertTrue(run.err().contains("--interval is between 1 and 86400 seconds."), run.err());
    }
}
