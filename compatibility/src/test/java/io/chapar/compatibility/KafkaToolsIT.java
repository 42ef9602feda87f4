package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.tools.DumpLogSegments;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Kafka's own tool reads what a Chapar broker left on disk: user segments in every codec with their indexes and
/// producer snapshots, and both internal topics through Kafka's own decoders.
///
/// Every commit is preceded by a flush: the producer of kafka-clients 4.3 looks whether batches are left before it
/// takes the lock under which it sends EndTxn, so that a commit in the wrong instant overtakes its own records.
class KafkaToolsIT {
    private static final Pattern COMPLAINT = Pattern.compile(
            "Found timestamp mismatch|Index mismatch|Mismatches in|Non-monotonic|Found invalid|isvalid: false"
                    + "|Could not|Exception|out of order|Error|is not supported", Pattern.CASE_INSENSITIVE);

    @TempDir
    Path folder;

    @Test
    void readsEverySegmentWithoutComplaint() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            fill(new StockClients(broker.bootstrap()));
            assertEquals(0, broker.stop(), broker::output);

            List<String> logs = broker.files("dumped-0", ".log");
            assertTrue(logs.size() > 2, "rolled: " + logs);
            String dump = dump(logs, "--deep-iteration", "--print-data-log");
            assertTrue(dump.contains("payload: value-99"), "a payload is shown");
            assertTrue(dump.contains("endTxnMarker: COMMIT") && dump.contains("endTxnMarker: ABORT"),
                    "markers are shown");
            for (String ending : List.of(".index", ".timeindex")) {
                List<String> indexes = broker.files("dumped-0", ending);
                assertFalse(indexes.isEmpty());
                dump(indexes, "--verify-index-only");
                dump(indexes, "--index-sanity-check");
            }
            assertFalse(dump(broker.files("dumped-0", ".txnindex")).isEmpty());
            assertFalse(dump(broker.files("dumped-0", ".snapshot")).isEmpty());

            String transactions = dump(internal(broker, "__transaction_state"), "--transaction-log-decoder",
                    "--deep-iteration");
            for (String status : List.of(
                    "Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort")) {
                assertTrue(transactions.contains("\"transactionStatus\":\"" + status + "\""), "no " + status);
            }
            String offsets = dump(internal(broker, "__consumer_offsets"), "--offsets-decoder", "--deep-iteration");
            for (String said : List.of("dump-group", "dump-consumers", "subscribedTopicNames", "assignmentEpoch",
                    "metadataHash", "previousMemberEpoch")) {
                assertTrue(offsets.contains(said), () -> said + " in " + offsets);
            }
        }
    }

    private static List<String> internal(ChaparProcess broker, String topic) {
        List<String> logs = new ArrayList<>();
        for (int partition = 0; partition < 50; partition++) {
            logs.addAll(broker.files(topic + "-" + partition, ".log"));
        }
        assertFalse(logs.isEmpty(), topic + " has no segment");
        return logs;
    }

    private static void fill(StockClients clients) throws Exception {
        try (Admin admin = clients.admin()) {
            admin.createTopics(List.of(new NewTopic("dumped", 1, (short) 1)
                    .configs(Map.of("segment.bytes", "20000", "index.interval.bytes", "512")))).all().get();
        }
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            try (KafkaProducer<String, String> producer = clients.producer("compression.type=" + codec)) {
                for (int i = 0; i < 100; i++) {
                    var _ = producer.send(new ProducerRecord<>("dumped", "key-" + i, "value-" + i + "x".repeat(100)));
                    if (i % 10 == 9) {
                        producer.flush();
                    }
                }
            }
        }
        try (KafkaProducer<String, String> producer = clients.producer("transactional.id=dump-tool");
                KafkaConsumer<String, String> consumer = clients.consumer("group.id=dump-group")) {
            producer.initTransactions();
            for (int i = 0; i < 20; i++) {
                producer.beginTransaction();
                var _ = producer.send(new ProducerRecord<>("dumped", "transactional", "value-" + i + "y".repeat(1000)));
                if (i % 2 == 0) {
                    producer.sendOffsetsToTransaction(
                            Map.of(new TopicPartition("dumped", 0), new OffsetAndMetadata(i)),
                            consumer.groupMetadata());
                    producer.flush();
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
            consumer.subscribe(List.of("dumped"));
            while (consumer.poll(java.time.Duration.ofMillis(100)).isEmpty()) {
                assertTrue(consumer.groupMetadata() != null);
            }
            consumer.commitSync();
        }
        try (KafkaConsumer<String, String> consumer =
                clients.consumer("group.protocol=consumer", "group.id=dump-consumers")) {
            consumer.subscribe(List.of("dumped"));
            while (consumer.poll(java.time.Duration.ofMillis(100)).isEmpty()) {
                assertTrue(consumer.groupMetadata() != null);
            }
        }
    }

    /// What a tool does that is called in this process.
    interface Tool {
        void run() throws Exception;
    }

    /// What it prints. One at a time, since there is one standard output.
    static synchronized String printed(Tool tool) throws Exception {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        try (PrintStream toOut = capture(printed, out); PrintStream toErr = capture(printed, err)) {
            System.setOut(toOut);
            System.setErr(toErr);
            tool.run();
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    /// What the tool prints about the files; fails on any complaint.
    static String dump(List<String> files, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--files", String.join(",", files)));
        arguments.addAll(List.of(options));
        String text = printed(() -> DumpLogSegments.main(arguments.toArray(String[]::new)));
        assertTrue(text.contains("Dumping "), text);
        text.lines().filter(line -> COMPLAINT.matcher(line).find()).findFirst().ifPresent(line -> {
            throw new AssertionError("the tool complains: " + line);
        });
        return text;
    }

    private static PrintStream capture(ByteArrayOutputStream printed, PrintStream others) {
        return new PrintStream(new OneThreadOutput(printed, others), true, StandardCharsets.UTF_8);
    }
}
