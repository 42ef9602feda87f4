package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import static io.chapar.compatibility.StockClients.READ_COMMITTED;
import static io.chapar.compatibility.StockClients.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A partition's folder moves from Chapar to Kafka's own broker and from Kafka to Chapar, after a clean stop and after
/// none, and stock clients read the same records there: offsets, timestamps, keys, values, in both isolations.
@Tag("nightly")
class KafkaFoldersIT {
    private static final List<String> TOPICS = List.of("plain", "compacted");
    /// Where the records are written.
    private static final Map<String, Map<String, String>> SMALL_SEGMENTS = Map.of(
            "plain", Map.of("segment.bytes", "20000", "index.interval.bytes", "512"),
            "compacted", Map.of("segment.bytes", "20000", "index.interval.bytes", "512", "cleanup.policy", "compact",
                    "min.cleanable.dirty.ratio", "0.01"));
    /// Where nothing is to change while it is read. Kafka wants segments of a mebibyte at least, but rolls by time.
    private static final Map<String, Map<String, String>> AT_REST = Map.of(
            "plain", Map.of("segment.ms", "200", "index.interval.bytes", "512"),
            "compacted", Map.of("segment.ms", "200", "index.interval.bytes", "512", "cleanup.policy", "compact",
                    "min.compaction.lag.ms", "86400000"));

    @TempDir
    Path folder;

    @Test
    void kafkaServesWhatChaparWrote() throws Exception {
        Map<String, List<String>> served;
        Path data = folder.resolve("chapar");
        try (ChaparProcess chapar = ChaparProcess.start(data, "log.retention.check.interval.ms=300")) {
            StockClients clients = new StockClients(chapar.bootstrap());
            create(clients, SMALL_SEGMENTS);
            fill(clients);
            awaitCompaction(clients);
            served = served(clients);
            assertEquals(0, chapar.stop(), chapar::output);
        }
        try (KafkaProcess kafka = KafkaProcess.formatted(folder.resolve("kafka"))) {
            kafka.start();
            create(new StockClients(kafka.bootstrap()), AT_REST);
            kafka.stop();
            move(data, kafka.data());
            kafka.start();
            assertSame(served, served(new StockClients(kafka.bootstrap())));
            kafka.stop();
            // Without the mark of a clean stop Kafka recovers: it builds the indexes anew from the segments.
            Files.delete(kafka.data().resolve(".kafka_cleanshutdown"));
            kafka.start();
            assertSame(served, served(new StockClients(kafka.bootstrap())));
            append(new StockClients(kafka.bootstrap()));
            kafka.stop();
        }
    }

    @Test
    void chaparServesWhatKafkaWrote() throws Exception {
        Map<String, List<String>> served;
        Path data = folder.resolve("chapar");
        try (KafkaProcess kafka = KafkaProcess.formatted(folder.resolve("kafka"))) {
            kafka.start();
            StockClients clients = new StockClients(kafka.bootstrap());
            create(clients, AT_REST);
            fill(clients);
            served = served(clients);
            kafka.stop();
            try (ChaparProcess chapar = ChaparProcess.start(data)) {
                create(new StockClients(chapar.bootstrap()), AT_REST);
                assertEquals(0, chapar.stop(), chapar::output);
                move(kafka.data(), data);
                chapar.start();
                assertSame(served, served(new StockClients(chapar.bootstrap())));
                chapar.kill();
                chapar.start();
                assertSame(served, served(new StockClients(chapar.bootstrap())));
                append(new StockClients(chapar.bootstrap()));
            }
        }
    }

    private static void create(StockClients clients, Map<String, Map<String, String>> settings) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.createTopics(TOPICS.stream()
                    .map(topic -> new NewTopic(topic, 1, (short) 1).configs(settings.get(topic))).toList()).all().get();
        }
    }

    private static void fill(StockClients clients) {
        for (String topic : TOPICS) {
            for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
                try (KafkaProducer<String, String> producer = clients.producer("compression.type=" + codec)) {
                    for (int i = 0; i < 100; i++) {
                        var _ = producer.send(record(topic, codec + i));
                        if (i % 10 == 9) {
                            producer.flush();
                        }
                    }
                }
            }
            try (KafkaProducer<String, String> producer = clients.producer("transactional.id=mover-" + topic)) {
                producer.initTransactions();
                for (int i = 0; i < 30; i++) {
                    producer.beginTransaction();
                    var _ = producer.send(record(topic, "transaction" + i));
                    var _ = producer.send(record(topic, "transaction-" + i));
                    producer.flush();
                    if (i % 3 == 0) {
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                    }
                }
            }
        }
    }

    private static ProducerRecord<String, String> record(String topic, String what) {
        ProducerRecord<String, String> record = new ProducerRecord<>(
                topic, "key-" + what.hashCode() % 50, what + "-" + "x".repeat(200));
        record.headers().add("what", what.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return record;
    }

    /// Not with ids of producers: those of the two brokers may be the same numbers.
    private static void append(StockClients clients) throws Exception {
        for (String topic : TOPICS) {
            try (KafkaProducer<String, String> producer = clients.producer("enable.idempotence=false")) {
                producer.send(record(topic, "afterwards")).get();
            }
            assertTrue(clients.values(topic, READ_COMMITTED).getLast().startsWith("afterwards"));
        }
    }

    private static void assertSame(Map<String, List<String>> expected, Map<String, List<String>> found) {
        assertEquals(expected.keySet(), found.keySet());
        expected.forEach(
                (what, lines) -> assertEquals(String.join("\n", lines), String.join("\n", found.get(what)), what));
    }

    private static void awaitCompaction(StockClients clients) {
        int written = 560;
        Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(300))
                .until(() -> clients.records("compacted", READ_UNCOMMITTED).size() < written / 2);
    }

    /// What readers of either isolation see, and where the ends and some times lie.
    private static Map<String, List<String>> served(StockClients clients) throws Exception {
        Map<String, List<String>> all = new java.util.TreeMap<>();
        for (String topic : TOPICS) {
            for (String isolation : List.of(READ_UNCOMMITTED, READ_COMMITTED)) {
                List<ConsumerRecord<String, String>> records = clients.records(topic, isolation);
                assertFalse(records.isEmpty());
                all.put(topic + " " + isolation, records.stream().map(KafkaFoldersIT::text).toList());
            }
            all.put(topic + " offsets", offsets(clients, topic));
        }
        return all;
    }

    private static String text(ConsumerRecord<String, String> r) {
        return r.offset() + " at " + r.timestamp() + " " + r.key() + "=" + r.value().replaceAll("x{200}$", "") + " "
                + new String(r.headers().lastHeader("what").value(), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static List<String> offsets(StockClients clients, String topic) throws Exception {
        TopicPartition partition = new TopicPartition(topic, 0);
        List<String> found = new ArrayList<>();
        List<Long> times = clients.records(topic, READ_UNCOMMITTED).stream().map(ConsumerRecord::timestamp).toList();
        List<OffsetSpec> asked = new ArrayList<>(List.of(OffsetSpec.earliest(), OffsetSpec.latest()));
        for (int i = 0; i < times.size(); i += 37) {
            asked.add(OffsetSpec.forTimestamp(times.get(i)));
        }
        try (Admin admin = clients.admin()) {
            for (OffsetSpec spec : asked) {
                var info = admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
                found.add(info.offset() + " at " + info.timestamp());
            }
        }
        return found;
    }

    /// The topics' partitions, without what tells whose topic it is and how far the other broker trusts its disk.
    private static void move(Path from, Path to) throws IOException {
        for (String topic : TOPICS) {
            Path source = from.resolve(topic + "-0");
            Path target = Files.createDirectories(to.resolve(topic + "-0"));
            Collection<String> keep = List.of("partition.metadata", "offset-checkpoint");
            for (Path old : files(target)) {
                if (!keep.contains(old.getFileName().toString())) {
                    Files.delete(old);
                }
            }
            for (Path each : files(source)) {
                if (!keep.contains(each.getFileName().toString())) {
                    Files.copy(each, target.resolve(each.getFileName()));
                }
            }
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.toList();
        }
    }
}
