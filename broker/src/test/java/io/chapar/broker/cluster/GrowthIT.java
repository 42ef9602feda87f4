package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.testing.FreePorts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker that had no others becomes one of three, with all that it has.
@Timeout(180)
class GrowthIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final Map<Integer, Integer> ports = new TreeMap<>();
    private final Map<Integer, Broker> brokers = new TreeMap<>();
    private String quorum = "";

    private Broker start(int node, Map<String, String> more) throws IOException {
        ports.putIfAbsent(node, FreePorts.one());
        Map<String, String> settings = new TreeMap<>(Map.of(
                "node.id", Integer.toString(node), "quorum", quorum, "listeners", "127.0.0.1:" + ports.get(node),
                "log.dirs", folder.resolve("node-" + node).toString(), "num.network.threads", "1",
                "transaction.state.log.num.partitions", "1", "offsets.topic.num.partitions", "1"));
        settings.putAll(more);
        Broker broker = Broker.start(BrokerConfig.of(settings));
        synchronized (brokers) {
            brokers.put(node, broker);
        }
        return broker;
    }

    @AfterEach
    void end() {
        List<CompletableFuture<Void>> ended = new ArrayList<>();
        brokers.values().forEach(one -> ended.add(CompletableFuture.runAsync(one::close, Thread::startVirtualThread)));
        ended.forEach(CompletableFuture::join);
    }

    private Map<String, Object> clients(int node) {
        return new TreeMap<>(Map.of("bootstrap.servers", "127.0.0.1:" + ports.get(node)));
    }

    private void write(int node, String topic, String value) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                clients(node), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, value)).get(30, TimeUnit.SECONDS);
        }
    }

    private List<String> read(int node, String topic, int count) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                clients(node), new StringDeserializer(), new StringDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            Awaitility.await().atMost(LONG).until(() -> {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    values.add(one.value());
                }
                return values.size() >= count;
            });
        }
        return values;
    }

    @Test
    void whatABrokerAloneHadIsThereWhenItIsOneOfThree() throws Exception {
        String cluster = start(1, Map.of()).clusterId();
        try (Admin admin = Admin.create(clients(1))) {
            admin.createTopics(List.of(new NewTopic("old", 1, (short) 1))).all().get();
        }
        write(1, "old", "alone");
        brokers.remove(1).close();

        List<String> voters = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            voters.add(node + "@127.0.0.1:" + FreePorts.inARow(2));
        }
        quorum = String.join(",", voters);
        List<CompletableFuture<Broker>> starting = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            int one = node;
            starting.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return start(one, Map.of());
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }, Thread::startVirtualThread));
        }
        for (CompletableFuture<Broker> one : starting) {
            assertEquals(cluster, one.get(90, TimeUnit.SECONDS).clusterId());
        }
        assertEquals(List.of("alone"), read(3, "old", 1));
        assertFalse(Files.exists(folder.resolve("node-1/metadata.log")));
        assertTrue(Files.exists(folder.resolve("node-1/metadata.log.before-quorum")));
        try (Admin admin = Admin.create(clients(2))) {
            Awaitility.await().atMost(LONG).ignoreExceptions().until(() -> voters(admin).equals(List.of(1, 2, 3)));
            admin.createTopics(List.of(new NewTopic("new", 1, (short) 3))).all().get();
        }
        write(2, "new", "three");
        write(3, "old", "one of three");

        // The one that it all came from goes: the others have the metadata, and decide.
        brokers.remove(1).close();
        try (Admin admin = Admin.create(clients(2))) {
            Awaitility.await().atMost(LONG).ignoreExceptions().until(
                    () -> admin.describeMetadataQuorum().quorumInfo().get().leaderId() > 1);
            admin.createTopics(List.of(new NewTopic("later", 1, (short) 2))).all().get();
        }
        assertEquals(List.of("three"), read(2, "new", 1));
        start(1, Map.of());
        assertEquals(List.of("alone", "one of three"), read(2, "old", 2));
    }

    private static List<Integer> voters(Admin admin) throws Exception {
        return admin.describeMetadataQuorum().quorumInfo().get().voters().stream()
                .map(QuorumInfo.ReplicaState::replicaId).sorted().toList();
    }
}
