package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A data folder that a release of November 2026 wrote (`CHAPARM2`), in two lives and stopped cleanly. It has to open
/// for ever, with all that was in it:
///
/// - `orders`, two partitions of the first life: three gzipped records, then one of a committed and one of an aborted
///   transaction; and a record with a header, then one of a transaction that was left open;
/// - `latest` of the second life, compacted; `gone`, created in the first life and deleted in the second;
/// - offsets that `plain-group` committed, and `txn-group` in the transaction of `tx-committed`.
class FolderOfOldIT {
    private static final TopicPartition FIRST = new TopicPartition("orders", 0);
    private static final TopicPartition SECOND = new TopicPartition("orders", 1);
    private static final TopicPartition LATEST = new TopicPartition("latest", 0);

    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void unpack() throws IOException {
        try (InputStream from = FolderOfOldIT.class.getResourceAsStream("/folder-chaparm2.zip");
                ZipInputStream zip = new ZipInputStream(from)) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                Path file = folder.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                Files.copy(zip, file);
            }
        }
        start();
    }

    private void start() {
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(), "num.network.threads", "1")));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private Properties at() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        return properties;
    }

    @Test
    void anOldFolderOpensWithAllThatWasInIt() throws Exception {
        requireAll(2, 1);
        broker.close();
        // What this release has made of it since.
        start();
        requireAll(3, 2);
        requireThatItTakesMore();
    }

    private void requireAll(int epochOfOrders, int epochOfLatest) throws Exception {
        try (Admin admin = Admin.create(at())) {
            assertEquals(Set.of("orders", "latest"), admin.listTopics().names().get());
            Map<String, TopicDescription> topics =
                    admin.describeTopics(List.of("orders", "latest")).allTopicNames().get();
            assertEquals(2, topics.get("orders").partitions().size());
            assertEquals("M4AERgQ3Tdif6XG42NLIuA", topics.get("orders").topicId().toString());
            assertEquals(1, topics.get("latest").partitions().size());
            ConfigResource latest = new ConfigResource(ConfigResource.Type.TOPIC, "latest");
            Config config = admin.describeConfigs(List.of(latest)).all().get().get(latest);
            assertEquals("compact", config.get("cleanup.policy").value());

            assertEquals(new OffsetAndMetadata(1, Optional.of(0), "kept"), offsets(admin, "plain-group").get(SECOND));
            assertEquals(2, offsets(admin, "txn-group").get(FIRST).offset());
            assertEquals("in-txn", offsets(admin, "txn-group").get(FIRST).metadata());
            assertEquals(TransactionState.COMPLETE_COMMIT, admin.describeTransactions(List.of("tx-committed"))
                    .description("tx-committed").get().state());
        }
        try (KafkaConsumer<String, String> consumer = consumer()) {
            assertEquals(List.of("plain-0", "plain-1", "plain-2", "committed"),
                    values(read(consumer, FIRST, 4)));
            ConsumerRecord<String, String> withHeader = read(consumer, SECOND, 1).getFirst();
            assertEquals("with-header", withHeader.value());
            assertArrayEquals(new byte[] {7}, withHeader.headers().lastHeader("trace").value());
            assertEquals(List.of("2", "1", "null", "3"), values(read(consumer, LATEST, 4)));
        }
        requireEpoch(FIRST, epochOfOrders);
        requireEpoch(LATEST, epochOfLatest);
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(Admin admin, String group) throws Exception {
        return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata(group).get();
    }

    /// Life after life of the broker is a new leader epoch of what it leads: one lower would let readers believe in a
    /// log that is not there any more.
    private void requireEpoch(TopicPartition partition, int epoch) throws IOException {
        String known = Files.readString(
                folder.resolve(partition.toString()).resolve("leader-epoch-checkpoint"), StandardCharsets.UTF_8);
        assertTrue(known.lines().skip(2).noneMatch(line -> Integer.parseInt(line.split(" ")[0]) > epoch), known);
    }

    private KafkaConsumer<String, String> consumer() {
        Properties properties = at();
        properties.put("isolation.level", "read_committed");
        return new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer());
    }

    private static List<ConsumerRecord<String, String>> read(
            KafkaConsumer<String, String> consumer, TopicPartition partition, int expected) {
        consumer.assign(List.of(partition));
        consumer.seekToBeginning(List.of(partition));
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (all.size() < expected && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(100)).forEach(all::add);
        }
        return all;
    }

    private static List<String> values(List<ConsumerRecord<String, String>> records) {
        return records.stream().map(one -> String.valueOf(one.value())).toList();
    }

    /// The one whose transaction was left open comes again, and all that it knew of holds.
    private void requireThatItTakesMore() throws Exception {
        Properties properties = at();
        properties.put("transactional.id", "tx-open");
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            assertTrue(producer.send(new ProducerRecord<>("orders", 1, "k", "after")).get().offset() > 2);
            producer.commitTransaction();
        }
        try (KafkaConsumer<String, String> consumer = consumer()) {
            assertEquals(List.of("with-header", "after"), values(read(consumer, SECOND, 2)));
        }
    }
}
