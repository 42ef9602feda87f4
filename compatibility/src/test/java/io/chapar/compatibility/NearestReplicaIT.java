package io.chapar.compatibility;

import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Consumers that stand beside a follower read from it: Kafka's, by its own metric, and Chapar's; and read on from the
/// leader when that follower is killed.
class NearestReplicaIT {
    private static final String TOPIC = "near";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int FOLLOWER = 2;
    private static final long PATIENCE_MS = 90_000;

    @TempDir
    Path folder;

    /// Every third transaction is aborted.
    private static List<String> write(KafkaProducer<String, String> producer, int from, int to) {
        List<String> committed = new ArrayList<>();
        for (int i = from; i < to; i++) {
            producer.beginTransaction();
            var _ = producer.send(new ProducerRecord<>(TOPIC, 0, "k", "v" + i));
            if (i % 3 == 0) {
                producer.flush();
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
                committed.add("v" + i);
            }
        }
        return committed;
    }

    private static List<String> read(KafkaConsumer<String, String> consumer, int count, Set<Integer> from) {
        List<String> values = new ArrayList<>();
        long giveUpMs = System.currentTimeMillis() + PATIENCE_MS;
        while (values.size() < count && System.currentTimeMillis() < giveUpMs) {
            consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            readReplica(consumer, from);
        }
        return values;
    }

    /// The metric is there while a replica is preferred.
    private static void readReplica(KafkaConsumer<String, String> consumer, Set<Integer> into) {
        consumer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("preferred-read-replica"))
                .forEach(metric -> into.add(((Number) metric.metricValue()).intValue()));
    }

    @Test
    void consumersReadFromTheReplicaBesideThem() throws Exception {
        try (ChaosCluster cluster = new ChaosCluster(folder.resolve("cluster"), Map.of("replica.selector.class",
                "org.apache.kafka.common.replica.RackAwareReplicaSelector", "auto.leader.rebalance.enable", "false"))) {
            cluster.start();
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic(TOPIC, Map.of(0, List.of(1, FOLLOWER, 3))))).all().get();
            }
            try (KafkaProducer<String, String> producer = clients.producer("transactional.id=near", "linger.ms=0");
                    KafkaConsumer<String, String> consumer = clients.consumer(
                            "client.rack=node-" + FOLLOWER, "isolation.level=read_committed")) {
                producer.initTransactions();
                List<String> first = write(producer, 0, 30);
                consumer.assign(List.of(PARTITION));
                Set<Integer> from = new TreeSet<>();
                assertEquals(first, read(consumer, first.size(), from));
                assertTrue(from.contains(FOLLOWER), () -> "read from " + from);
                assertEquals(first, ours(cluster.bootstrap(), first.size()));

                cluster.kill(FOLLOWER);
                List<String> more = write(producer, 30, 40);
                assertEquals(more, read(consumer, more.size(), from));
                assertEquals(IntStream.range(0, 40).filter(i -> i % 3 != 0).mapToObj(i -> "v" + i).toList(),
                        ours(cluster.bootstrap(), first.size() + more.size()));
            }
        }
    }

    private static List<String> ours(String bootstrap, int count) {
        List<String> values = new ArrayList<>();
        try (Consumer<String, String> consumer = Consumer.open(ConsumerConfig.builder(bootstrap)
                .rack("node-" + FOLLOWER).isolation(IsolationLevel.READ_COMMITTED).offsetReset(OffsetReset.EARLIEST)
                .build(), Serdes.string(), Serdes.string())) {
            consumer.assign(List.of(new io.chapar.protocol.TopicPartition(TOPIC, 0)));
            long giveUpMs = System.currentTimeMillis() + PATIENCE_MS;
            while (values.size() < count && System.currentTimeMillis() < giveUpMs) {
                consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
            }
        }
        return values;
    }
}
