package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's share consumers, and its consumers by the protocol of KIP-848, against three brokers of which the one that
/// coordinates their group is killed, twice: nothing is skipped, and nothing comes again that somebody was told is done
/// with.
@Tag("nightly")
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class GroupsOfAClusterIT {
    private static final int RECORDS = 900;
    private static final int KILLS = 2;
    private static final String TOPIC = "t";
    private static final String GROUP = "g";
    private static final long LONGEST_MS = 300_000;

    @TempDir
    Path folder;

    private ChaosCluster cluster;
    private Admin admin;
    private final Set<String> got = new TreeSet<>();
    private int kills = 0;
    private boolean isOneDown = false;

    @BeforeEach
    void start() throws Exception {
        cluster = new ChaosCluster(folder.resolve("cluster"), Map.of("offsets.topic.num.partitions", "3",
                "share.coordinator.state.topic.num.partitions", "3"));
        cluster.start();
        admin = Admin.create(Map.of("bootstrap.servers", cluster.bootstrap()));
        admin.createTopics(List.of(ChaosLoad.replicated(TOPIC, 3))).all().get();
        admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.GROUP, GROUP), List.of(
                new AlterConfigOp(new ConfigEntry("share.auto.offset.reset", "earliest"), AlterConfigOp.OpType.SET))))
                .all().get();
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", cluster.bootstrap(), "acks", "all"),
                new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                producer.send(new ProducerRecord<>(TOPIC, i % 3, null, "v" + i));
            }
        }
    }

    @AfterEach
    void end() {
        admin.close();
        cluster.close();
    }

    private interface Coordinator {
        Node now() throws Exception;
    }

    /// Each time another third has been read; half a third later it is back.
    private void killWhenDue(Coordinator coordinator) throws Exception {
        if (kills < KILLS && got.size() > (kills + 1) * RECORDS / (KILLS + 1)) {
            int id = coordinator.now().id();
            System.out.println("broker " + id + " coordinates the group and is killed after " + got.size());
            cluster.kill(id);
            isOneDown = true;
            kills++;
        } else if (isOneDown && got.size() > (2 * kills + 1) * RECORDS / (2 * (KILLS + 1))) {
            cluster.start();
            cluster.awaitAllInSync();
            isOneDown = false;
        }
    }

    private KafkaShareConsumer<String, String> sharer() {
        return new KafkaShareConsumer<>(
                Map.of("bootstrap.servers", cluster.bootstrap(), "group.id", GROUP, "max.poll.records", 10),
                new StringDeserializer(), new StringDeserializer());
    }

    @Test
    void shareConsumersGoOnWhenTheirCoordinatorIsKilled() throws Exception {
        Set<String> accepted = new TreeSet<>();
        try (KafkaShareConsumer<String, String> one = sharer(); KafkaShareConsumer<String, String> two = sharer()) {
            List<KafkaShareConsumer<String, String>> both = List.of(one, two);
            both.forEach(each -> each.subscribe(List.of(TOPIC)));
            long untilMs = System.currentTimeMillis() + LONGEST_MS;
            for (int i = 0; got.size() < RECORDS && System.currentTimeMillis() < untilMs; i++) {
                KafkaShareConsumer<String, String> next = both.get(i % both.size());
                List<String> polled = new ArrayList<>();
                next.poll(Duration.ofMillis(300)).forEach(record -> {
                    assertTrue(!accepted.contains(record.value()), () -> record.value() + " was accepted");
                    polled.add(record.value());
                });
                got.addAll(polled);
                if (!polled.isEmpty() && next.commitSync().values().stream().allMatch(Optional::isEmpty)) {
                    accepted.addAll(polled);
                }
                killWhenDue(() -> admin.describeShareGroups(List.of(GROUP)).all().get().get(GROUP).coordinator());
            }
        }
        assertEquals(RECORDS, got.size(), () -> accepted.size() + " were accepted");
        assertEquals(KILLS, kills);
        System.out.println("share consumers: " + accepted.size() + " of " + RECORDS + " told accepted");
    }

    private KafkaConsumer<String, String> consumer() {
        return new KafkaConsumer<>(
                Map.of("bootstrap.servers", cluster.bootstrap(), "group.id", GROUP, "group.protocol", "consumer",
                        "auto.offset.reset", "earliest", "enable.auto.commit", false, "max.poll.records", 10),
                new StringDeserializer(), new StringDeserializer());
    }

    @Test
    void consumersOfTheNewProtocolGoOnWhenTheirCoordinatorIsKilled() throws Exception {
        Map<TopicPartition, Long> committed = new HashMap<>();
        try (KafkaConsumer<String, String> one = consumer(); KafkaConsumer<String, String> two = consumer()) {
            List<KafkaConsumer<String, String>> both = List.of(one, two);
            both.forEach(each -> each.subscribe(List.of(TOPIC)));
            long untilMs = System.currentTimeMillis() + LONGEST_MS;
            for (int i = 0; got.size() < RECORDS && System.currentTimeMillis() < untilMs; i++) {
                KafkaConsumer<String, String> next = both.get(i % both.size());
                Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
                for (ConsumerRecord<String, String> record : next.poll(Duration.ofMillis(300))) {
                    TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                    assertTrue(record.offset() >= committed.getOrDefault(partition, 0L),
                            () -> record.offset() + " of " + partition + " was committed: " + committed);
                    read.put(partition, new OffsetAndMetadata(record.offset() + 1));
                    got.add(record.value());
                }
                try {
                    if (!read.isEmpty()) {
                        next.commitSync(read, Duration.ofSeconds(30));
                        read.forEach((partition, offset) -> committed.put(partition, offset.offset()));
                    }
                } catch (KafkaException e) {
                    System.out.println("not committed: " + e);
                }
                killWhenDue(() -> admin.describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP).coordinator());
            }
        }
        assertEquals(RECORDS, got.size());
        assertEquals(KILLS, kills);
        assertTrue(committed.values().stream().mapToLong(each -> each).sum() > RECORDS / 2, committed::toString);
    }
}
