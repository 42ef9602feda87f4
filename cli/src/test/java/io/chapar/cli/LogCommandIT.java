package io.chapar.cli;

import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a broker logs where, and how that is changed while it runs.
final class LogCommandIT {
    private static final String ADMIN = "io.chapar.broker.admin";

    @TempDir
    private Path folder;

    private static Run done(Run run) {
        assertEquals(0, run.exitCode(), run.err());
        return run;
    }

    private static List<JsonNode> lines(Path log) throws IOException {
        JsonMapper json = new JsonMapper();
        return Files.readAllLines(log).stream().map(json::readTree).toList();
    }

    @Test
    void levelsAreListedShownSetAndUnset() throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, "log.levels=io.chapar.broker.net=ERROR")) {
            assertTrue(done(broker.run("", "log", "level", "list", "--own", "-o", "csv")).out().lines().toList()
                    .containsAll(List.of("root,WARN,root,1", "io.chapar.broker.net,ERROR,io.chapar.broker.net,1")));
            // Who was fenced and how a start gets on.
            for (String said : List.of("io.chapar.broker.coordinator.RefusalLog",
                    "io.chapar.broker.shard.RecoveryProgress")) {
                assertTrue(done(broker.run("", "log", "level", "show", said)).out().contains(" INFO "));
            }
            String server = "io.chapar.broker.net.Server";
            assertEquals(List.of("logger,level,from,broker", server + ",ERROR,io.chapar.broker.net,1"),
                    done(broker.run("", "log", "level", "show", server, "-o", "csv")).out().lines().toList());
            assertEquals("Set io.chapar.broker.net=DEBUG at broker 1.\n",
                    done(broker.run("", "log", "level", "set", "io.chapar.broker.net=debug")).out());
            assertTrue(done(broker.run("", "log", "level", "list", "--match", ".*Server", "-o", "json")).out()
                    .contains("\"DEBUG\""));
            done(broker.run("", "log", "level", "unset", "--broker", "1", "io.chapar.broker.net"));
            assertTrue(done(broker.run("", "log", "level", "show", server)).out().contains("ERROR"));
            Run near = broker.run("", "log", "level", "show", "io.chapar.broker.nett");
            assertEquals("chapar: There is no logger 'io.chapar.broker.nett'. Did you mean io.chapar.broker.net?\n",
                    near.err());
            Run loud = broker.run("", "log", "level", "set", server + "=LOUD");
            assertEquals(1, loud.exitCode());
            assertTrue(loud.err().contains("There is no level 'LOUD'"), loud.err());
            assertEquals(1, broker.run("", "log", "level", "set", "--broker", "7", "root=INFO").exitCode());
            assertEquals(2, broker.run("", "log", "level", "set", "root").exitCode());
            aCommandLoadsNoLoggersOfABroker(broker.address());
        }
    }

    /// It would take as long as many a command.
    private void aCommandLoadsNoLoggersOfABroker(String address) throws Exception {
        Path loaded = folder.resolve("loaded");
        List<String> command = new ArrayList<>(ChaparProcess.command("topic", "list", "--bootstrap", address));
        command.add(1, "-Xlog:class+load:file=" + loaded);
        try (StartedProcess topics = StartedProcess.start(folder, command)) {
            assertEquals(0, topics.exitCode(), topics.errors());
            assertEquals("", topics.errors());
        }
        List<String> classes = Files.readAllLines(loaded);
        assertTrue(classes.stream().anyMatch(line -> line.contains(" org.slf4j.simple.SimpleLogger ")));
        assertEquals(List.of(), classes.stream().filter(line -> line.contains(" java.util.logging.LogManager ")
                || line.contains(" org.slf4j.jul.")).toList());
    }

    @Test
    void changesAreLinesOfJsonInAFileThatMayBeTakenAway() throws Exception {
        Path log = folder.resolve("logs").resolve("broker.log");
        try (RunningBroker broker = RunningBroker.start(
                folder, "log.format=json", "log.stderr=false", "log.file=" + log)) {
            done(broker.run("", "topic", "create", "orders", "-p", "2"));
            assertEquals(1, broker.run("", "topic", "create", "orders").exitCode());
            JsonNode created = lines(log).getFirst();
            assertEquals("INFO", created.get("level").asString());
            assertEquals(ADMIN, created.get("logger").asString());
            assertEquals("CreateTopics", created.get("api").asString());
            assertEquals("127.0.0.1", created.get("from").asString());
            assertEquals("ok", created.get("result").asString());
            assertTrue(created.get("what").asString().startsWith("orders partitions=2"), created.toString());
            assertTrue(created.get("message").asString().startsWith("api=CreateTopics principal="), created.toString());
            assertTrue(lines(log).getLast().get("result").asString().contains("TOPIC_ALREADY_EXISTS"));

            Files.delete(log);
            Awaitility.await().ignoreExceptions().untilAsserted(() -> {
                done(broker.run("", "config", "set", "orders", "retention.ms=5000"));
                assertEquals("IncrementalAlterConfigs", lines(log).getLast().get("api").asString());
            });
            assertEquals(1, broker.run("", "log", "level", "set", ADMIN + "=OFF").exitCode());
            assertTrue(lines(log).getLast().get("what").asString().contains(ADMIN), lines(log).getLast().toString());
            broker.terminate();
            assertEquals("", broker.errors());
        }
    }

    @Test
    void aFileThatCannotBeOpenedIsSaidOnceAndItsLinesGoToStandardError() throws Exception {
        Path inTheWay = Files.writeString(folder.resolve("file"), "no folder");
        try (RunningBroker broker = RunningBroker.start(
                folder, "log.stderr=false", "log.file=" + inTheWay.resolve("broker.log"))) {
            for (String topic : List.of("a", "b", "c")) {
                done(broker.run("", "topic", "create", topic));
            }
            broker.terminate();
            List<String> said = broker.errors().lines().toList();
            assertEquals(1, said.stream().filter(line -> line.startsWith("chapar: The log cannot be written to "))
                    .count(), said.toString());
            assertEquals(3, said.stream().filter(line -> line.contains(" INFO admin - api=CreateTopics ")).count(),
                    said.toString());
            assertEquals(4, said.size(), said.toString());
        }
    }

    @Test
    void whatMakesNoSenseIsRefusedAtTheStart() {
        for (List<String> wrong : List.of(List.of("log.format=xml", "must be one of text, json"),
                List.of("log.stderr=false", "nothing would be logged"), List.of("log.levels=root", "LOGGER=LEVEL"),
                List.of("log.levels=root=LOUD", "no level 'LOUD'"), List.of("log.file.max.count=0", "between 1"))) {
            Run run = Run.of("broker", "--set", wrong.getFirst());
            assertEquals(2, run.exitCode());
            assertTrue(run.err().contains(wrong.getLast()), run.err());
        }
    }
}
