package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.tools.reassign.ReassignPartitionsCommand;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own tool moves replicas between three brokers: it moves them, sees them arrive, slows them down and calls
/// them back. Then Chapar's commands look at the same, and empty a broker.
class ReassignToolIT {
    private static final String TOPIC = "moved";
    private static final int RECORDS = 1_500;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private ChaosCluster cluster;

    private String tool(Admin admin, String... words) throws Exception {
        Class<?> options = Class.forName("org.apache.kafka.tools.reassign.ReassignPartitionsCommandOptions");
        Constructor<?> parsed = options.getDeclaredConstructor(String[].class);
        parsed.setAccessible(true);
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", cluster.bootstrap()));
        all.addAll(List.of(words));
        Method handle = ReassignPartitionsCommand.class.getDeclaredMethod("handleAction", Admin.class, options);
        handle.setAccessible(true);
        Object given = parsed.newInstance((Object) all.toArray(String[]::new));
        return KafkaToolsIT.printed(() -> handle.invoke(null, admin, given));
    }

    private String chapar(String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap", cluster.bootstrap()));
        try (StartedProcess process = ChaparProcess.command(folder, line)) {
            assertEquals(0, process.exitCode(), () -> process.output() + process.errors());
            return process.output();
        }
    }

    private Path plan(String name, List<Integer> first, List<Integer> second) throws Exception {
        return Files.writeString(folder.resolve(name), """
                {"version":1,"partitions":[{"topic":"moved","partition":0,"replicas":%s},
                 {"topic":"moved","partition":1,"replicas":%s}]}""".formatted(first, second));
    }

    private static List<TopicPartitionInfo> partitions(Admin admin) throws Exception {
        return admin.describeTopics(List.of(TOPIC)).allTopicNames().get().get(TOPIC).partitions();
    }

    private static List<Integer> replicas(Admin admin, int partition) throws Exception {
        return partitions(admin).get(partition).replicas().stream().map(node -> node.id()).toList();
    }

    /// A broker may hear of it later than the one that was asked to change it.
    private static void awaitReplicas(Admin admin, Integer... brokers) {
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertEquals(List.of(brokers), replicas(admin, 0)));
    }

    private List<Integer> foldersOf(int partition) {
        return Stream.of(1, 2, 3).filter(broker -> Files.exists(
                folder.resolve("cluster/node-" + broker + "/" + TOPIC + "-" + partition))).toList();
    }

    private static void write(StockClients clients) throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer("acks=all")) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = 0; i < RECORDS; i++) {
                sent.add(producer.send(new ProducerRecord<>(TOPIC, i % 2, "k", i + "x".repeat(1_000))));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    @Test
    void replicasAreMovedSlowedDownAndCalledBack() throws Exception {
        try (ChaosCluster three = new ChaosCluster(folder.resolve("cluster"), Map.of(
                "auto.leader.rebalance.enable", "false"))) {
            cluster = three;
            cluster.start();
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                List<Integer> first = List.of(1, 2);
                admin.createTopics(List.of(new NewTopic(TOPIC, Map.of(0, first, 1, first)))).all().get();
                write(clients);

                Path there = plan("there", List.of(2, 3), List.of(3, 2));
                String begun = tool(admin, "--reassignment-json-file", there.toString(), "--execute");
                assertTrue(begun.contains("Successfully started partition reassignments for moved-0,moved-1"), begun);
                Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
                    String verified = tool(admin, "--reassignment-json-file", there.toString(), "--verify");
                    assertTrue(verified.contains("Reassignment of partition moved-0 is completed."), verified);
                    assertTrue(verified.contains("Reassignment of partition moved-1 is completed."), verified);
                    assertEquals(List.of(2, 3), foldersOf(0));
                    assertEquals(List.of(2, 3), foldersOf(1));
                });
                awaitReplicas(admin, 2, 3);
                List<String> values = clients.values(TOPIC, StockClients.READ_UNCOMMITTED);
                assertEquals(IntStream.range(0, RECORDS).boxed().toList(), values.stream()
                        .map(value -> Integer.parseInt(value.substring(0, value.indexOf('x')))).sorted().toList());
                LogDirDescription dir = admin.describeLogDirs(List.of(2)).allDescriptions().get().get(2).values()
                        .iterator().next();
                assertTrue(dir.replicaInfos().get(new TopicPartition(TOPIC, 0)).size() > RECORDS / 2 * 1_000);

                slowedDownAndCalledBack(admin);
            }
            emptied(clients);
        }
    }

    private void slowedDownAndCalledBack(Admin admin) throws Exception {
        Path back = plan("back", List.of(1, 3), List.of(3, 1));
        String slow = tool(admin, "--reassignment-json-file", back.toString(), "--execute", "--throttle", "5000");
        assertTrue(slow.contains("The inter-broker throttle limit was set to 5000 B/s"), slow);
        String listed = tool(admin, "--list");
        assertTrue(listed.contains("moved-0") && listed.contains("adding: 1."), listed);
        String verified = tool(admin, "--reassignment-json-file", back.toString(), "--verify",
                "--preserve-throttles");
        assertTrue(verified.contains("Reassignment of partition moved-0 is still in progress."), verified);
        String shown = chapar("cluster", "reassign", "--output", "json");
        assertTrue(shown.contains("\"partition\":\"moved/0\"") && shown.contains("\"adds\":\"1\""), shown);
        String cancelled = tool(admin, "--reassignment-json-file", back.toString(), "--cancel");
        assertTrue(cancelled.contains("Successfully cancelled partition reassignments for: moved-0,moved-1"),
                cancelled);
        assertTrue(tool(admin, "--list").contains("No partition reassignments found."));
        awaitReplicas(admin, 2, 3);
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertEquals(List.of(2, 3), foldersOf(0)));
    }

    private void emptied(StockClients clients) throws Exception {
        String handed = chapar("cluster", "drain", "3", "--save", folder.resolve("before").toString());
        assertTrue(handed.contains("Broker 3 leads nothing any more"), handed);
        try (Admin admin = clients.admin()) {
            Awaitility.await().atMost(PATIENCE).until(
                    () -> partitions(admin).stream().noneMatch(one -> one.leader().id() == 3));
            assertTrue(Files.readString(folder.resolve("before")).contains("\"partition\":1,\"replicas\":[3,2]"));
            String moved = chapar("cluster", "drain", "3", "--move", "--watch", "--throttle", "100000000");
            assertTrue(moved.contains("Broker 3 has no replicas any more."), moved);
            awaitReplicas(admin, 2, 1);
            Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertEquals(List.of(1, 2), foldersOf(0)));
            assertEquals(RECORDS, clients.values(TOPIC, StockClients.READ_UNCOMMITTED).size());
            cluster.stop(3);
            admin.unregisterBroker(3).all().get();
            Awaitility.await().atMost(PATIENCE).until(
                    () -> admin.describeCluster().nodes().get().stream().noneMatch(node -> node.id() == 3));
        }
    }
}
