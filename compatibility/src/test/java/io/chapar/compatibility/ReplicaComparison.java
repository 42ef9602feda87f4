package io.chapar.compatibility;

import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

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
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/// Whether all replicas of a cluster have the same.
final class ReplicaComparison {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Pattern POSITION = Pattern.compile(" position: \\d+");

    private ReplicaComparison() {}

    /// All brokers are in session, and every replica of every partition is in sync.
    static void awaitAllInSync(String bootstrap, int brokers) {
        try (Admin admin = Admin.open(bootstrap)) {
            await(() -> inSync(admin, brokers));
        }
    }

    /// The same, and each has all that its leader has: where nobody writes any more, nor commits.
    static void awaitSameEnds(String bootstrap, int brokers) {
        try (Admin admin = Admin.open(bootstrap)) {
            await(() -> {
                Map<Integer, Set<TopicPartition>> had = inSync(admin, brokers);
                List<Map<TopicPartition, Long>> ends = new ArrayList<>();
                for (Node node : admin.describeCluster().nodes()) {
                    Map<TopicPartition, Long> own = new TreeMap<>();
                    admin.logEnds(node, had.get(node.id()), 5_000).forEach((partition, result) ->
                            own.put(partition, ((AdminResult.Done<Long>) result).value()));
                    ends.add(own);
                }
                ends.forEach(own -> assertEquals(ends.getFirst(), own));
            });
        }
    }

    private static void await(ThrowingRunnable asserted) {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).untilAsserted(asserted);
    }

    /// By broker, what it has; fails where anything is not in sync.
    private static Map<Integer, Set<TopicPartition>> inSync(Admin admin, int brokers) {
        Map<Integer, Set<TopicPartition>> had = new TreeMap<>();
        for (TopicView topic : admin.listTopics()) {
            topic.partitions().forEach(each -> {
                assertEquals(new TreeSet<>(each.replicas()), new TreeSet<>(each.inSync()),
                        topic.name() + "-" + each.partition() + " is in sync at all its replicas");
                each.replicas().forEach(replica -> had.computeIfAbsent(replica, _ -> new TreeSet<>())
                        .add(new TopicPartition(topic.name(), each.partition())));
            });
        }
        assertEquals(brokers, admin.describeCluster().nodes().size(), "all are in session");
        return had;
    }

    /// Of brokers that have stopped, and whose partitions all had replicas on all of them: the same bytes, and the
    /// same batches, each of them valid, as Kafka's own tool reads them.
    ///
    /// @param folders their data folders
    static void assertSameBytes(List<Path> folders) throws Exception {
        Map<String, String> first = digests(folders.getFirst());
        List<String> batches = dumped(folders.getFirst());
        assertFalse(first.isEmpty());
        assertFalse(batches.isEmpty());
        for (Path other : folders.subList(1, folders.size())) {
            assertEquals(first, digests(other), () -> "the bytes of " + other);
            assertEquals(batches, dumped(other), () -> "what Kafka's tool reads of " + other);
        }
        System.out.println("replicas: " + first.size() + " partitions have the same bytes at "
                + folders.size() + " brokers, "
                + batches.size() + " lines of DumpLogSegments among them");
    }

    /// Where in its segment a batch stands is the broker's own.
    private static List<String> dumped(Path data) throws Exception {
        List<String> all = new ArrayList<>();
        for (Path partition : partitions(data)) {
            for (Path segment : segments(partition)) {
                KafkaToolsIT.dump(List.of(segment.toString())).lines().filter(line -> line.startsWith("baseOffset:"))
                        .forEach(line -> all.add(partition.getFileName() + " "
                                + POSITION.matcher(line).replaceAll("")));
            }
        }
        return all;
    }

    private static List<Path> partitions(Path data) throws IOException {
        try (Stream<Path> all = Files.list(data)) {
            return all.filter(each -> Files.isDirectory(each) && each.getFileName().toString().matches(".+-\\d+"))
                    .sorted().toList();
        }
    }

    private static List<Path> segments(Path partition) throws IOException {
        try (Stream<Path> files = Files.list(partition)) {
            return files.filter(each -> each.toString().endsWith(".log")).sorted().toList();
        }
    }

    /// The segments of each partition, one after the other: where one ends and the next begins is the broker's own.
    private static Map<String, String> digests(Path data) throws IOException {
        Map<String, String> all = new TreeMap<>();
        try {
            for (Path partition : partitions(data)) {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                long bytes = 0;
                for (Path segment : segments(partition)) {
                    digest.update(Files.readAllBytes(segment));
                    bytes += Files.size(segment);
                }
                all.put(partition.getFileName().toString(), bytes + " bytes " + HexFormat.of().formatHex(
                        digest.digest()));
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        return all;
    }
}
