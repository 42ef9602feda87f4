package io.chapar.compatibility;

import io.chapar.cli.cluster.ClusterFile;
import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalCluster;
import io.chapar.cli.cluster.StartPlanCore;
import io.chapar.cli.process.ProcessIdentity;
import io.chapar.cli.process.ProcessIdentity.Signal;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.awaitility.Awaitility;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/// Three brokers as `chapar cluster start` starts them, which get signals.
final class ChaosCluster implements AutoCloseable {
    static final int BROKERS = 3;
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final Path folder;
    private final List<String> events = new ArrayList<>();
    private final LocalCluster cluster;
    private final Map<String, String> settings;

    ChaosCluster(Path folder, Map<String, String> settings) {
        this.folder = folder;
        this.settings = settings;
        // As many processes as this on few processors: no optimizing compiler.
        cluster = LocalCluster.of(new ClusterFolder(folder), "-XX:TieredStopAtLevel=1 -Xmx192m", events::add);
    }

    /// Starts what does not run; returns when it is ready.
    void start() throws InterruptedException {
        try {
            cluster.start(new StartPlanCore.Wish(BROKERS, 0, settings), LIMIT);
        } catch (RuntimeException e) {
            throw new IllegalStateException(e.getMessage() + '\n' + String.join("\n",
                    events.subList(Math.max(0, events.size() - 10), events.size())), e);
        }
    }

    private ClusterFile file() {
        return new ClusterFolder(folder).read();
    }

    String bootstrap() {
        return file().bootstrap();
    }

    /// SIGKILL: nothing of it runs any more when this returns.
    void kill(int broker) throws InterruptedException {
        cluster.signal(broker, Signal.KILL, LIMIT);
    }

    /// SIGTERM; returns when it has ended.
    void stop(int broker) throws InterruptedException {
        ProcessIdentity process = file().node(broker).process();
        process.signal(Signal.TERM);
        if (!process.awaitEnd(LIMIT)) {
            throw new IllegalStateException("broker " + broker + " does not stop");
        }
    }

    /// SIGSTOP or SIGCONT.
    void signal(int broker, Signal signal) throws InterruptedException {
        cluster.signal(broker, signal, LIMIT);
    }

    void stopAll() throws InterruptedException {
        cluster.stop(LIMIT);
    }

    /// What the brokers have said, for a message.
    String lastWords() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int id = 1; id <= BROKERS; id++) {
            List<String> lines = Files.readAllLines(folder.resolve("node-" + id + ".log"));
            lines.subList(Math.max(0, lines.size() - 20), lines.size())
                    .forEach(line -> all.append(line).append('\n'));
            all.append("--\n");
        }
        return all.toString();
    }

    /// Every replica of every partition is in sync and has all that its leader has.
    void awaitAllInSync() {
        try (Admin admin = Admin.open(bootstrap())) {
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
                Map<Integer, Set<TopicPartition>> had = new TreeMap<>();
                for (TopicView topic : admin.listTopics()) {
                    topic.partitions().forEach(each -> {
                        assertEquals(new TreeSet<>(each.replicas()), new TreeSet<>(each.inSync()),
                                topic.name() + "-" + each.partition() + " is in sync at all its replicas");
                        each.replicas().forEach(replica -> had.computeIfAbsent(replica, _ -> new TreeSet<>())
                                .add(new TopicPartition(topic.name(), each.partition())));
                    });
                }
                List<Map<TopicPartition, Long>> ends = new ArrayList<>();
                for (Node node : admin.describeCluster().nodes()) {
                    Map<TopicPartition, Long> own = new TreeMap<>();
                    admin.logEnds(node, had.get(node.id()), 5_000).forEach((partition, result) ->
                            own.put(partition, ((AdminResult.Done<Long>) result).value()));
                    ends.add(own);
                }
                assertEquals(BROKERS, ends.size(), "all are in session");
                assertEquals(ends.get(0), ends.get(1));
                assertEquals(ends.get(0), ends.get(2));
            });
        }
    }

    /// Of brokers that have stopped, and whose partitions all had replicas on all of them.
    void assertSameBytes() throws IOException {
        Map<String, String> first = digests(1);
        assertFalse(first.isEmpty());
        assertEquals(first, digests(2));
        assertEquals(first, digests(3));
    }

    /// The segments of each partition, one after the other: where one ends and the next begins is the broker's own.
    private Map<String, String> digests(int broker) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try (Stream<Path> partitions = Files.list(folder.resolve("node-" + broker))) {
            for (Path partition : partitions.filter(Files::isDirectory).toList()) {
                String name = partition.getFileName().toString();
                if (!name.matches(".+-\\d+")) {
                    continue;
                }
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                long bytes = 0;
                try (Stream<Path> files = Files.list(partition)) {
                    for (Path segment : files.filter(each -> each.toString().endsWith(".log")).sorted().toList()) {
                        digest.update(Files.readAllBytes(segment));
                        bytes += Files.size(segment);
                    }
                }
                all.put(name, bytes + " bytes " + HexFormat.of().formatHex(digest.digest()));
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return all;
    }

    @Override
    public void close() {
        if (Files.exists(folder.resolve("cluster.properties"))) {
            file().nodes().values().forEach(node -> {
                if (node.process() != null) {
                    node.process().signal(Signal.KILL);
                }
            });
        }
    }
}
