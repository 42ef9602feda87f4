package io.chapar.cli;

import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalNode;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What `chapar cluster start` starts, as processes of their own, and commands, run in this process, against it.
final class RunningCluster implements AutoCloseable {
    static final int NODES = 3;
    static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

    private final Path folder;
    private final List<String> settings;
    private String classPath = System.getProperty("java.class.path");

    /// @param folder in which the cluster's is
    /// @param settings `key=value` each
    RunningCluster(Path folder, String... settings) {
        this.folder = folder;
        this.settings = List.of(settings);
    }

    private String path() {
        return folder.resolve("chapar-cluster").toString();
    }

    Path data(int node) {
        return folder.resolve("chapar-cluster/node-" + node);
    }

    /// What is started from now on runs what is there.
    void runs(String newClassPath) {
        classPath = newClassPath;
    }

    /// `chapar cluster start`, as a process with a class path of its own, which its brokers have too.
    Run start() {
        List<String> words = new ArrayList<>(List.of("cluster", "start", "--data", path(), "--wait", "90"));
        if (!Files.exists(folder.resolve("chapar-cluster/cluster.properties"))) {
            words.addAll(List.of("--base-port", "0"));
            settings.forEach(setting -> words.addAll(List.of("--set", setting)));
        }
        List<String> command = new ArrayList<>(ChaparProcess.command(words.toArray(String[]::new)));
        command.set(command.indexOf("-cp") + 1, classPath);
        try (StartedProcess started = StartedProcess.start(folder,
                Map.of("CHAPAR_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -Xmx192m"), command)) {
            Awaitility.await().atMost(PATIENCE).until(() -> !started.isAlive());
            return new Run(started.exitCode(), started.output(), started.errors());
        }
    }

    LocalNode node(int id) {
        return new ClusterFolder(folder.resolve("chapar-cluster")).read().node(id);
    }

    /// As the system has it, with a NUL behind each word.
    String commandLine(int node) throws IOException {
        long pid = requireNonNull(node(node).process(), "it was started").pid();
        return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
    }

    /// With a signal; returns when it has ended.
    void end(int node, String signal) {
        RunningBroker.done(Run.of("cluster", "kill", Integer.toString(node), "--signal", signal, "--data", path()));
        Awaitility.await().atMost(PATIENCE).until(() -> node(node).isGone());
    }

    String done(String input, String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap",
                new ClusterFolder(folder.resolve("chapar-cluster")).read().bootstrap()));
        return RunningBroker.done(Run.withInput(input, line.toArray(String[]::new)));
    }

    List<String> read(String topic) {
        return done("", "consume", topic, "--exit-at-end").lines().toList();
    }

    /// All three are in session and each partition has all of its replicas in sync.
    void awaitAllInSync() {
        Awaitility.await().atMost(PATIENCE).pollInterval(LOOK_AGAIN).untilAsserted(() -> {
            String status = done("", "cluster", "status", "-o", "json");
            assertTrue(status.contains("\"underReplicated\":0,") && status.contains("\"leaderless\":0,")
                    && status.split("\"state\":\"active\"", -1).length == NODES + 1, status);
        });
    }

    /// Once followers have what their leader has.
    void awaitSameRecords(String partition) {
        Awaitility.await().atMost(PATIENCE).pollInterval(LOOK_AGAIN).untilAsserted(() -> {
            byte[] expected = log(1, partition);
            assertTrue(expected.length > 0, partition);
            for (int node = 2; node <= NODES; node++) {
                assertArrayEquals(expected, log(node, partition), partition + " of node " + node);
            }
        });
    }

    private byte[] log(int node, String partition) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Path segment : segments(node, partition)) {
            all.write(Files.readAllBytes(segment));
        }
        return all.toByteArray();
    }

    List<Path> segments(int node, String partition) throws IOException {
        try (Stream<Path> files = Files.list(data(node).resolve(partition))) {
            return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
    }

    @Override
    public void close() {
        if (Files.exists(folder.resolve("chapar-cluster/cluster.properties"))) {
            for (int node = 1; node <= NODES; node++) {
                Run.of("cluster", "kill", Integer.toString(node), "--data", path());
            }
        }
    }
}
