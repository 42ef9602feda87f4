package io.chapar.cli;

import io.chapar.testing.FreePorts;
import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers that were stopped, and what is restored of all of them together.
@Tag("nightly")
final class ClusterBackupIT {
    private static final int NODES = 3;

    @TempDir
    Path folder;

    private final List<String> voters = new ArrayList<>();
    private final List<String> ports = new ArrayList<>();
    private final List<StartedProcess> brokers = new ArrayList<>();
    private String bootstrap = "";

    private Path data(int node) {
        return folder.resolve("node-" + node);
    }

    private Path backups(int node) {
        return folder.resolve("backups-" + node);
    }

    private void start() throws IOException {
        if (voters.isEmpty()) {
            for (int node = 1; node <= NODES; node++) {
                voters.add(node + "@127.0.0.1:" + FreePorts.inARow(2));
                ports.add("127.0.0.1:" + FreePorts.one());
            }
        }
        brokers.clear();
        for (int node = 1; node <= NODES; node++) {
            brokers.add(ChaparProcess.start(folder, "broker", "--listen", ports.get(node - 1), "--data",
                    data(node).toString(), "--node-id", Integer.toString(node), "--quorum",
                    String.join(",", voters)));
        }
        brokers.forEach(broker -> bootstrap = ReadyLine.of(broker).address());
    }

    @AfterEach
    void end() {
        brokers.forEach(StartedProcess::close);
    }

    private String done(String input, String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap", bootstrap));
        return RunningBroker.done(Run.withInput(input, line.toArray(String[]::new)));
    }

    private Run create(int node) {
        return Run.of("backup", "create", "--data", data(node).toString(), "--to", backups(node).toString(),
                "--name", "all");
    }

    @Test
    void whatIsMadeOfAllWhileNoneRunsIsRestoredTogether() throws Exception {
        start();
        done("", "topic", "create", "orders", "--partitions", "3", "-r", "3");
        done("a\nb\nc\n", "produce", "orders", "--transactional-id", "till");
        done("", "group", "reset", "billing", "orders", "--to", "latest", "--execute");
        String topic = done("", "topic", "describe", "orders", "-o", "json");
        RunningBroker.failed(create(1), "belongs to a running broker of a cluster", "Stop all of them");

        brokers.forEach(StartedProcess::terminate);
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() ->
                brokers.stream().noneMatch(StartedProcess::isAlive));
        for (int node = 1; node <= NODES; node++) {
            String said = RunningBroker.done(create(node));
            assertTrue(said.contains("only together with backups of all of them"), said);
            Files.move(data(node), folder.resolve("lost-" + node));
            RunningBroker.done(Run.of("backup", "restore", backups(node).resolve("all").toString(), "--data",
                    data(node).toString()));
        }

        start();
        assertEquals(List.of("a", "b", "c"),
                done("", "consume", "orders", "--exit-at-end").lines().sorted().toList());
        assertEquals(topicId(topic), topicId(done("", "topic", "describe", "orders", "-o", "json")));
        done("d\n", "produce", "orders", "--transactional-id", "till");
        assertTrue(done("", "group", "describe", "billing", "-o", "json").contains("\"orders"));
    }

    private static String topicId(String json) {
        int at = json.indexOf("\"id\":");
        return json.substring(at, json.indexOf(',', at));
    }
}
