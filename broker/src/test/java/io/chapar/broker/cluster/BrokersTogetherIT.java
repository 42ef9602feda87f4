package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Three brokers of this process, over sockets and with the quorum's library, and Kafka's own clients.
class BrokersTogetherIT {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final Map<Integer, Integer> ports = new TreeMap<>();
    private final Map<Integer, Broker> brokers = new TreeMap<>();
    private String quorum;

    @BeforeEach
    void begin() throws IOException {
        List<String> voters = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            ports.put(node, freePorts(1));
            voters.add(node + "@127.0.0.1:" + freePorts(2));
        }
        quorum = String.join(",", voters);
        startAll(1, 2, 3);
    }

    /// The first of so many free ports in a row.
    private static int freePorts(int count) throws IOException {
        for (int attempt = 0;; attempt++) {
            List<ServerSocket> held = new ArrayList<>();
            try {
                held.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
                int first = held.getFirst().getLocalPort();
                for (int i = 1; i < count; i++) {
                    held.add(new ServerSocket(first + i, 1, InetAddress.getLoopbackAddress()));
                }
                return first;
            } catch (IOException | IllegalArgumentException e) {
                if (attempt == 100) {
                    throw new IOException("no " + count + " free ports in a row", e);
                }
            } finally {
                for (ServerSocket one : held) {
                    one.close();
                }
            }
        }
    }

    private void startAll(int... nodes) {
        Map<Integer, CompletableFuture<Broker>> starting = new TreeMap<>();
        for (int node : nodes) {
            starting.put(node, CompletableFuture.supplyAsync(
                    () -> Broker.start(config(node)), Thread::startVirtualThread));
        }
        starting.forEach((node, one) -> brokers.put(node, one.join()));
    }

    private BrokerConfig config(int node) {
        return BrokerConfig.of(Map.of(
                "node.id", Integer.toString(node), "quorum", quorum,
                "listeners", "127.0.0.1:" + ports.get(node), "log.dirs", folder.resolve("node-" + node).toString(),
                "transaction.state.log.num.partitions", "3", "offsets.topic.num.partitions", "3",
                "num.network.threads", "1"));
    }

    @AfterEach
    void end() {
        List<CompletableFuture<Void>> ended = new ArrayList<>();
        brokers.values().forEach(one -> ended.add(CompletableFuture.runAsync(one::close, Thread::startVirtualThread)));
        ended.forEach(CompletableFuture::join);
    }

    private Map<String, Object> clients(Map<String, Object> more) {
        Map<String, Object> all = new TreeMap<>(more);
        all.put("bootstrap.servers", ports.values().stream().map(port -> "127.0.0.1:" + port)
                .collect(Collectors.joining(",")));
        return all;
    }

    private static TopicPartitionInfo describe(Admin admin) throws Exception {
        return admin.describeTopics(List.of("t")).allTopicNames().get().get("t").partitions().getFirst();
    }

    private static void awaitInSync(Admin admin, int... nodes) {
        Set<Integer> wanted = Arrays.stream(nodes).boxed().collect(Collectors.toSet());
        Awaitility.await().atMost(LONG).ignoreExceptions().until(() ->
                describe(admin).isr().stream().map(Node::id).collect(Collectors.toSet()).equals(wanted));
    }

    private List<String> committed(int expected) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                clients(Map.of("isolation.level", "read_committed", "auto.offset.reset", "earliest", "group.id", "g")),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of("t"));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + LONG.toNanos();
            while (values.size() < expected && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    values.add(one.value());
                }
            }
            return values;
        }
    }

    @Test
    void whatIsCommittedStaysThroughStopsAndReturnsOfEachBroker() throws Exception {
        List<String> expected = new ArrayList<>();
        try (Admin admin = Admin.create(clients(Map.of()));
                KafkaProducer<String, String> producer = new KafkaProducer<>(
                        clients(Map.of("transactional.id", "tx")), new StringSerializer(), new StringSerializer())) {
            admin.createTopics(List.of(new NewTopic("t", 1, (short) 3).configs(Map.of("min.insync.replicas", "2"))))
                    .all().get();
            producer.initTransactions();
            awaitInSync(admin, 1, 2, 3);
            for (int round = 0; round < 2; round++) {
                commit(producer, round + "a", expected);
                int leader = describe(admin).leader().id();
                brokers.remove(leader).close();
                commit(producer, round + "b", expected);
                startAll(leader);
                awaitInSync(admin, 1, 2, 3);
            }
            commit(producer, "last", expected);
        }
        assertEquals(expected, committed(expected.size()));
    }

    private static void commit(KafkaProducer<String, String> producer, String value, List<String> expected)
            throws Exception {
        producer.beginTransaction();
        for (int i = 0; i < 10; i++) {
            producer.send(new ProducerRecord<>(T0.topic(), value + i)).get();
            expected.add(value + i);
        }
        producer.commitTransaction();
    }
}
