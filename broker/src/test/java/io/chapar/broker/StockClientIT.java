package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own Java client against a broker of this process, without transactions and groups.
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class StockClientIT {
    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() {
        broker = Broker.start(config());
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private BrokerConfig config() {
        return BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString()));
    }

    private Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        properties.putAll(more);
        return properties;
    }

    private KafkaProducer<String, String> producer(Map<String, String> more) {
        return new KafkaProducer<>(properties(more), new StringSerializer(), new StringSerializer());
    }

    private KafkaConsumer<String, String> consumer(Map<String, String> more) {
        return new KafkaConsumer<>(properties(more), new StringDeserializer(), new StringDeserializer());
    }

    private List<ConsumerRecord<String, String>> readAll(TopicPartition from, int expected) {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("fetch.min.bytes", "1"))) {
            consumer.assign(List.of(from));
            consumer.seekToBeginning(List.of(from));
            return poll(consumer, expected);
        }
    }

    private static List<ConsumerRecord<String, String>> poll(KafkaConsumer<String, String> consumer, int expected) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (records.size() < expected && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        }
        return records;
    }

    @ParameterizedTest
    @CsvSource({"0,false", "1,false", "all,false", "all,true"})
    void whatIsProducedIsRead(String acks, boolean idempotent) throws Exception {
        Map<String, String> settings =
                Map.of("acks", acks, "enable.idempotence", Boolean.toString(idempotent), "linger.ms", "1");
        try (KafkaProducer<String, String> producer = producer(settings)) {
            for (int i = 0; i < 500; i++) {
                producer.send(new ProducerRecord<>("plain", "k" + i, "v" + i));
            }
        }
        List<ConsumerRecord<String, String>> records = readAll(new TopicPartition("plain", 0), 500);
        assertEquals(500, records.size());
        for (int i = 0; i < 500; i++) {
            assertEquals(i, records.get(i).offset());
            assertEquals("v" + i, records.get(i).value());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void everyCodecPasses(String codec) throws Exception {
        try (KafkaProducer<String, String> producer =
                producer(Map.of("compression.type", codec, "linger.ms", "20"))) {
            for (int i = 0; i < 200; i++) {
                producer.send(new ProducerRecord<>("codec", "key", "a value that repeats itself " + i % 7));
            }
        }
        assertEquals(200, readAll(new TopicPartition("codec", 0), 200).size());
    }

    @Test
    void recordsSurviveARestart() throws Exception {
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>("kept", "a", "1")).get();
            producer.send(new ProducerRecord<>("kept", "b", "2")).get();
        }
        String cluster = broker.clusterId();
        broker.close();
        broker = Broker.start(config());
        assertEquals(cluster, broker.clusterId());
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            assertEquals(2, producer.send(new ProducerRecord<>("kept", "c", "3")).get().offset());
        }
        assertEquals(List.of("1", "2", "3"),
                readAll(new TopicPartition("kept", 0), 3).stream().map(ConsumerRecord::value).toList());
    }

    @Test
    void seeksAndFindsOffsetsByTime() throws Exception {
        TopicPartition partition = new TopicPartition("timed", 0);
        try (KafkaProducer<String, String> producer = producer(Map.of("linger.ms", "5"))) {
            for (int i = 0; i < 100; i++) {
                producer.send(new ProducerRecord<>("timed", 0, 1_700_000_000_000L + i * 10L, "k", "v" + i));
            }
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 42);
            assertEquals("v42", poll(consumer, 1).getFirst().value());
            var found = consumer.offsetsForTimes(Map.of(partition, 1_700_000_000_555L)).get(partition);
            assertEquals(56, found.offset());
            assertEquals(1_700_000_000_560L, found.timestamp());
            assertEquals(100L, consumer.endOffsets(List.of(partition)).get(partition));
            assertEquals(0L, consumer.beginningOffsets(List.of(partition)).get(partition));
            assertEquals(null, consumer.offsetsForTimes(Map.of(partition, 1_800_000_000_000L)).get(partition));
        }
    }

    @Test
    void aWaitingReaderIsWoken() throws Exception {
        TopicPartition partition = new TopicPartition("awaited", 0);
        KafkaConsumer<String, String> consumer = consumer(
                Map.of("fetch.max.wait.ms", "200000", "request.timeout.ms", "240000"));
        try (Admin admin = Admin.create(properties(Map.of()));
                KafkaProducer<String, String> producer = producer(Map.of())) {
            admin.createTopics(List.of(new NewTopic("awaited", 1, (short) 1))).all().get();
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            consumer.poll(Duration.ofMillis(300));
            producer.send(new ProducerRecord<>("awaited", "k", "v")).get();
            assertEquals(1, poll(consumer, 1).size(), "long before the fetch would have given up");
        } finally {
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }

    @Test
    void bigAndManyPartitionsComeThrough() throws Exception {
        try (Admin admin = Admin.create(properties(Map.of()))) {
            admin.createTopics(List.of(new NewTopic("wide", 8, (short) 1))).all().get();
        }
        String big = "x".repeat(900_000);
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int i = 0; i < 32; i++) {
                producer.send(new ProducerRecord<>("wide", i % 8, "k", big));
            }
        }
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            all.add(new TopicPartition("wide", i));
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            List<ConsumerRecord<String, String>> records = poll(consumer, 32);
            assertEquals(32, records.size());
            assertTrue(records.stream().allMatch(r -> r.value().equals(big)));
        }
    }

    @Test
    void clientsAreToldTheNameThatWasGiven() throws Exception {
        broker.close();
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "localhost:0", "log.dirs", folder.toString(), "broker.rack", "east")));
        try (Admin admin = Admin.create(properties(Map.of()))) {
            Node told = admin.describeCluster().nodes().get().iterator().next();
            assertEquals("localhost:" + broker.address().port(), told.host() + ":" + told.port());
            assertEquals("east", told.rack());
        }
    }

    @Test
    void topicsAreAdministered() throws Exception {
        try (Admin admin = Admin.create(properties(Map.of()))) {
            admin.createTopics(List.of(new NewTopic("a", 3, (short) 1).configs(Map.of("retention.ms", "1000"))))
                    .all().get();
            ExecutionException twice = assertThrows(ExecutionException.class,
                    () -> admin.createTopics(List.of(new NewTopic("a", 1, (short) 1))).all().get());
            assertTrue(twice.getCause() instanceof TopicExistsException);
            assertTrue(admin.listTopics().names().get().contains("a"));
            TopicDescription first = admin.describeTopics(List.of("a")).allTopicNames().get().get("a");
            assertEquals(3, first.partitions().size());

            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "a");
            assertEquals("1000",
                    admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value());
            admin.incrementalAlterConfigs(Map.of(resource, List.of(new AlterConfigOp(
                    new ConfigEntry("retention.ms", "2000"), AlterConfigOp.OpType.SET)))).all().get();
            assertEquals("2000",
                    admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms").value());

            admin.createPartitions(Map.of("a", NewPartitions.increaseTo(5))).all().get();
            assertEquals(5, admin.describeTopics(List.of("a")).allTopicNames().get().get("a").partitions().size());
            assertEquals(1, admin.describeCluster().nodes().get().size());

            admin.deleteTopics(List.of("a")).all().get();
            ExecutionException gone = assertThrows(ExecutionException.class,
                    () -> admin.describeTopics(List.of("a")).allTopicNames().get());
            assertTrue(gone.getCause() instanceof UnknownTopicOrPartitionException);
            admin.createTopics(List.of(new NewTopic("a", 1, (short) 1))).all().get();
            TopicDescription second = admin.describeTopics(List.of("a")).allTopicNames().get().get("a");
            assertTrue(!second.topicId().equals(first.topicId()));
        }
    }

    @Test
    void recordsAreDeletedFromTheFront() throws Exception {
        TopicPartition partition = new TopicPartition("cut", 0);
        try (KafkaProducer<String, String> producer = producer(Map.of())) {
            for (int i = 0; i < 10; i++) {
                producer.send(new ProducerRecord<>("cut", "k", "v" + i)).get();
            }
        }
        try (Admin admin = Admin.create(properties(Map.of()))) {
            admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(4))).all().get();
            assertEquals(4, admin.listOffsets(Map.of(partition, OffsetSpec.earliest()))
                    .partitionResult(partition).get().offset());
        }
        assertEquals("v4", readAll(partition, 6).getFirst().value());
    }
}
