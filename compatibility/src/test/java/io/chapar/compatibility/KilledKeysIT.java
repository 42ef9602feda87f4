package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// 1,000 keys of one partition, 256 of them called for at a time ([KeyedCallsApplication]), through ten kills with
/// SIGKILL: each record is written and counted once, in the order of its key.
@Tag("nightly")
class KilledKeysIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int KEYS = 1_000;
    private static final int AT_ONCE = 256;
    private static final int RECORDS = 22_000;
    private static final int KILLS = 10;

    @TempDir
    private Path folder;
    private final List<StartedProcess> started = new ArrayList<>();

    @AfterEach
    void leaveNoneBehind() {
        started.forEach(StartedProcess::close);
    }

    @Test
    void eachKeyIsCountedOnceAndInOrderThroughKills() {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"), "group.initial.rebalance.delay.ms=0")) {
            throughKills(broker.bootstrap());
        }
    }

    @Test
    void eachKeyIsCountedOnceAndInOrderThroughKillsOnApacheKafka() throws Exception {
        try (KafkaProcess broker = KafkaProcess.formatted(folder.resolve("kafka"))) {
            broker.start();
            throughKills(broker.bootstrap());
        }
    }

    private void throughKills(String bootstrap) {
        StockClients stock = new StockClients(bootstrap);
        try (Admin admin = stock.admin()) {
            admin.createTopics(Stream.of("keys-in", "keys-out").map(name -> new NewTopic(name, 1, (short) 1))
                    .toList()).all().get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = 0; number < RECORDS; number++) {
                producer.send(new ProducerRecord<>("keys-in", "k" + number % KEYS, "" + number));
            }
        }
        StartedProcess application = start(bootstrap);
        for (int kill = 1; kill <= KILLS; kill++) {
            // The end counts what came to nothing, and markers: near enough for a kill.
            awaitEnd(stock, application, (long) RECORDS * kill / (KILLS + 2));
            application.close();
            int read = stock.values("keys-out", StockClients.READ_COMMITTED).size();
            assertTrue(read < RECORDS, () -> "nothing was left to be killed at");
            application = start(bootstrap);
        }
        StartedProcess last = application;
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofSeconds(1)).until(() -> {
            assertTrue(last.isAlive(), last::errors);
            return stock.values("keys-out", StockClients.READ_COMMITTED).size() >= RECORDS;
        });
        last.terminate();
        assertEquals(143, last.exitCode(), last::errors);
        assertEquals(expected(), byKey(stock));
    }

    private StartedProcess start(String bootstrap) {
        StartedProcess process = StartedProcess.startJava(folder, "192m", KeyedCallsApplication.class.getName(),
                List.of(bootstrap, "keys", folder.resolve("state").toString(), "" + AT_ONCE));
        started.add(process);
        assertEquals("running", process.line(), process::errors);
        return process;
    }

    private static void awaitEnd(StockClients stock, StartedProcess application, long atLeast) {
        TopicPartition out = new TopicPartition("keys-out", 0);
        try (KafkaConsumer<String, String> consumer = stock.consumer()) {
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(50)).until(() -> {
                assertTrue(application.isAlive(), application::errors);
                return consumer.endOffsets(List.of(out)).get(out) >= atLeast;
            });
        }
    }

    private static Map<String, List<String>> byKey(StockClients stock) {
        Map<String, List<String>> byKey = new TreeMap<>();
        for (ConsumerRecord<String, String> one : stock.records("keys-out", StockClients.READ_COMMITTED)) {
            byKey.computeIfAbsent(one.key(), key -> new ArrayList<>()).add(one.value());
        }
        return byKey;
    }

    private static Map<String, List<String>> expected() {
        Map<String, List<String>> expected = new TreeMap<>();
        for (int key = 0; key < KEYS; key++) {
            int first = key;
            expected.put("k" + key, IntStream.range(0, RECORDS / KEYS)
                    .mapToObj(count -> first + count * KEYS + ":" + (count + 1)).toList());
        }
        return expected;
    }
}
