package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.testing.FreePorts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A broker that does not vote is a broker as any: over real sockets, with the quorum's library at its voter.
@Timeout(120)
class FedBrokerIT {
    @TempDir
    Path folder;

    private final Map<Integer, Broker> brokers = new TreeMap<>();

    private void start(int node, String quorum, Map<String, String> more) throws IOException {
        Map<String, String> settings = new TreeMap<>(Map.of(
                "node.id", Integer.toString(node), "quorum", quorum, "listeners", "127.0.0.1:" + FreePorts.one(),
                "log.dirs", folder.resolve("node-" + node).toString(), "num.network.threads", "1"));
        settings.putAll(more);
        brokers.put(node, Broker.start(BrokerConfig.of(settings)));
    }

    @AfterEach
    void end() {
        List.of(2, 1).forEach(node -> {
            if (brokers.containsKey(node)) {
                brokers.get(node).close();
            }
        });
    }

    @Test
    void itReplicatesLeadsAndForwardsToTheControllerAndRegistersAnewWhenItComesBack() throws Exception {
        String quorum = "1@127.0.0.1:" + FreePorts.inARow(2);
        start(1, quorum, Map.of());
        Map<String, String> peers = Map.of("peer.listener", "127.0.0.1:" + FreePorts.one());
        start(2, quorum, peers);
        // It alone is asked: what it does not decide itself goes to the controller.
        Map<String, Object> clients = Map.of("bootstrap.servers", brokers.get(2).address().toString());
        try (Admin admin = Admin.create(clients)) {
            admin.createTopics(List.of(new NewTopic("both", 2, (short) 2).configs(
                    Map.of("min.insync.replicas", "2")))).all().get();
            assertEquals(Set.of(1, 2), leaders(admin));
            write(clients);
            assertEquals(List.of(1, 2), admin.describeCluster().nodes().get().stream().map(one -> one.id()).sorted()
                    .toList());
            assertEquals(1, admin.describeMetadataQuorum().quorumInfo().get().leaderId());
        }
        brokers.remove(2).close();
        start(2, quorum, peers);
        clients = Map.of("bootstrap.servers", brokers.get(2).address().toString());
        try (Admin admin = Admin.create(clients)) {
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> partitions(admin).stream().allMatch(
                    one -> one.isr().size() == 2));
            write(clients);
        }
    }

    private static void write(Map<String, Object> clients) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                clients, new StringSerializer(), new StringSerializer())) {
            for (int partition = 0; partition < 2; partition++) {
                producer.send(new ProducerRecord<>("both", partition, null, "value")).get(30, TimeUnit.SECONDS);
            }
        }
    }

    private static List<TopicPartitionInfo> partitions(Admin admin) throws Exception {
        return admin.describeTopics(List.of("both")).allTopicNames().get().get("both").partitions();
    }

    private static Set<Integer> leaders(Admin admin) throws Exception {
        return partitions(admin).stream().map(one -> one.leader().id()).collect(Collectors.toCollection(TreeSet::new));
    }
}
