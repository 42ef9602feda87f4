package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A compacted topic under transactions and tombstones ends with exactly the newest committed value of every key, and
/// so it stays through restarts; the internal topics shrink and lose nothing; Kafka's tool reads what was cleaned.
class CompactedTopicIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final TopicPartition PRICES = new TopicPartition("prices", 0);
    private static final String OFTEN = "log.retention.check.interval.ms=100";

    @TempDir
    Path folder;

    @Test
    void theNewestCommittedValuesStay() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"), OFTEN)) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic("prices", 1, (short) 1).configs(Map.of(
                        "cleanup.policy", "compact", "segment.bytes", "20000", "index.interval.bytes", "512",
                        "min.cleanable.dirty.ratio", "0.01", "delete.retention.ms", "300")))).all().get();
            }
            Map<String, String> expected = new TreeMap<>();
            write(clients, expected, 150, 1);
            alter(clients, "prices", "max.compaction.lag.ms", "1");
            awaitExactly(clients, expected);
            Awaitility.await().atMost(LIMIT).untilAsserted(() ->
                    assertEquals(expected, asMap(clients.records("prices", StockClients.READ_UNCOMMITTED))));
            assertEquals(0, broker.stop(), broker::output);
            dumpAll(broker, "prices-0");
            broker.start();
            assertEquals(expected, asMap(clients.records("prices", StockClients.READ_COMMITTED)));
            write(clients, expected, 50, 2);
            broker.kill();
            broker.start();
            awaitExactly(clients, expected);
            assertFalse(broker.output().contains("WARN"), broker::output);
            assertEquals(0, broker.stop(), broker::output);
            dumpAll(broker, "prices-0");
        }
    }

    @Test
    void theInternalTopicsShrinkAndLoseNothing() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"), OFTEN,
                "offsets.topic.num.partitions=1", "transaction.state.log.num.partitions=1")) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic("prices", 1, (short) 1))).all().get();
            }
            commit(clients, 0, 200);
            long offsetsBefore = bytes(broker, "__consumer_offsets-0");
            long transactionsBefore = bytes(broker, "__transaction_state-0");
            for (String topic : List.of("__consumer_offsets", "__transaction_state")) {
                alter(clients, topic, "delete.retention.ms", "100");
                alter(clients, topic, "max.compaction.lag.ms", "1");
            }
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
                assertSmaller(broker, "__consumer_offsets-0", offsetsBefore / 4);
                assertSmaller(broker, "__transaction_state-0", transactionsBefore / 4);
            });
            assertEquals(199, committed(clients));
            broker.kill();
            broker.start();
            assertEquals(199, committed(clients));
            commit(clients, 200, 20);
            assertEquals(219, committed(clients));
            assertEquals(0, broker.stop(), broker::output);
            KafkaToolsIT.dump(broker.files("__consumer_offsets-0", ".log"), "--offsets-decoder", "--deep-iteration");
            KafkaToolsIT.dump(broker.files("__transaction_state-0", ".log"), "--transaction-log-decoder",
                    "--deep-iteration");
            broker.start();
            assertEquals(219, committed(clients));
        }
    }

    @Test
    void aRecordWithoutAKeyIsRefused() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic("prices", 1, (short) 1)
                        .configs(Map.of("cleanup.policy", "compact,delete")))).all().get();
            }
            try (KafkaProducer<String, String> producer = clients.producer()) {
                ExecutionException refused = assertThrows(ExecutionException.class,
                        () -> producer.send(new ProducerRecord<>("prices", "no key")).get());
                assertInstanceOf(InvalidRecordException.class, refused.getCause());
                alter(clients, "prices", "cleanup.policy", "delete");
                assertEquals(0, producer.send(new ProducerRecord<>("prices", "no key")).get().offset());
            }
        }
    }

    /// Transactions of several producers, one after the other, some of them aborted, and plain records between them.
    private static void write(StockClients clients, Map<String, String> expected, int rounds, int seed)
            throws Exception {
        Random random = new Random(seed);
        try (KafkaProducer<String, String> plain = clients.producer("compression.type=lz4");
                KafkaProducer<String, String> first = clients.producer("transactional.id=first");
                KafkaProducer<String, String> second = clients.producer("transactional.id=second",
                        "compression.type=zstd")) {
            first.initTransactions();
            second.initTransactions();
            for (int i = 0; i < rounds; i++) {
                KafkaProducer<String, String> producer = i % 3 == 0 ? plain : i % 3 == 1 ? first : second;
                boolean transactional = i % 3 != 0;
                boolean commit = !transactional || random.nextInt(3) > 0;
                Map<String, String> written = new LinkedHashMap<>();
                if (transactional) {
                    producer.beginTransaction();
                }
                for (int n = random.nextInt(12); n >= 0; n--) {
                    String key = "key-" + random.nextInt(60);
                    String value = random.nextInt(5) == 0 ? null : seed + "/" + i + "/" + n + "x".repeat(80);
                    var _ = producer.send(new ProducerRecord<>("prices", key, value));
                    written.put(key, value);
                }
                producer.flush();
                if (transactional && commit) {
                    producer.commitTransaction();
                } else if (transactional) {
                    producer.abortTransaction();
                }
                if (commit) {
                    expected.putAll(written);
                }
            }
        }
        expected.values().removeIf(java.util.Objects::isNull);
    }

    private static void alter(StockClients clients, String topic, String name, String value) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.incrementalAlterConfigs(Map.of(new ConfigResource(ConfigResource.Type.TOPIC, topic),
                    List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)))).all().get();
        }
    }

    private static void awaitExactly(StockClients clients, Map<String, String> expected) {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(300)).untilAsserted(() -> {
            List<ConsumerRecord<String, String>> records = clients.records("prices", StockClients.READ_COMMITTED);
            assertEquals(expected, asMap(records));
            assertEquals(expected.size(), records.size(), "one record for each key");
        });
    }

    private static Map<String, String> asMap(List<ConsumerRecord<String, String>> records) {
        Map<String, String> all = new TreeMap<>();
        records.forEach(record -> all.put(record.key(), record.value()));
        return all;
    }

    /// Every offset by a transaction of its own.
    private static void commit(StockClients clients, long from, int count) throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer("transactional.id=committer");
                KafkaConsumer<String, String> consumer = clients.consumer("group.id=readers")) {
            producer.initTransactions();
            for (long offset = from; offset < from + count; offset++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("prices", "k", "v")).get();
                producer.sendOffsetsToTransaction(
                        Map.of(PRICES, new OffsetAndMetadata(offset)), consumer.groupMetadata());
                producer.commitTransaction();
            }
        }
    }

    private static long committed(StockClients clients) throws Exception {
        try (Admin admin = clients.admin()) {
            // The last of them may be on its way to the group.
            return admin.listConsumerGroupOffsets("readers", new ListConsumerGroupOffsetsOptions().requireStable(true))
                    .partitionsToOffsetAndMetadata().get().get(PRICES).offset();
        }
    }

    private static long bytes(ChaparProcess broker, String partition) {
        return broker.files(partition, ".log").stream().mapToLong(path -> new File(path).length()).sum();
    }

    private static void assertSmaller(ChaparProcess broker, String partition, long limit) {
        assertTrue(bytes(broker, partition) < limit, () -> broker.files(partition, "").stream()
                .map(path -> path + " " + new File(path).length()).toList() + " where less than " + limit
                + " were expected\n" + broker.output());
    }

    /// The times in an index are those in the headers of batches, also of emptied ones, as Kafka's brokers index them.
    /// Kafka's tool looks at the records alone when it verifies a time index, so that it is not asked to.
    private static void dumpAll(ChaparProcess broker, String partition) throws Exception {
        List<String> logs = new ArrayList<>(broker.files(partition, ".log"));
        assertTrue(logs.size() > 1, "an active segment and cleaned ones: " + logs);
        KafkaToolsIT.dump(logs, "--deep-iteration", "--print-data-log");
        KafkaToolsIT.dump(broker.files(partition, ".index"), "--index-sanity-check");
        KafkaToolsIT.dump(broker.files(partition, ".index"), "--verify-index-only");
        KafkaToolsIT.dump(broker.files(partition, ".timeindex"), "--index-sanity-check");
        KafkaToolsIT.dump(broker.files(partition, ".snapshot"));
        for (String left : List.of(".cleaned", ".swap")) {
            assertEquals(List.of(), broker.files(partition, left));
        }
    }
}
