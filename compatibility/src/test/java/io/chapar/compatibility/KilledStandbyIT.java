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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Two instances with copies of each other's state ([StandbyApplication]), of which one is killed with SIGKILL again
/// and again while records come: the other goes on, and reads a small part of the changelogs for that; each record
/// counts once.
@Tag("nightly")
class KilledStandbyIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int PARTITIONS = 4;
    private static final int KEYS = 500;
    private static final int ROUND = 20_000;
    private static final int KILLS = 4;
    /// Of what is in the changelogs, a copy may be behind at the moment of the kill by one in so many.
    private static final int SMALL = 4;

    @TempDir
    private Path folder;
    private final List<StartedProcess> started = new ArrayList<>();

    @AfterEach
    void leaveNoneBehind() {
        started.forEach(StartedProcess::close);
    }

    @Test
    void aCopyInMemoryTakesOver() {
        try (ChaparProcess broker = chapar()) {
            new Run(broker.bootstrap(), "memory", false).throughKills();
        }
    }

    @Test
    void aCopyOnDiskTakesOver() {
        try (ChaparProcess broker = chapar()) {
            new Run(broker.bootstrap(), "disk", true).throughKills();
        }
    }

    @Test
    void aCopyTakesOverOnApacheKafka() throws Exception {
        try (KafkaProcess broker = KafkaProcess.formatted(folder.resolve("kafka"))) {
            broker.start();
            new Run(broker.bootstrap(), "stock", false).throughKills();
        }
    }

    private ChaparProcess chapar() {
        return ChaparProcess.start(folder.resolve("data"), "group.initial.rebalance.delay.ms=0");
    }

    private record Status(int partitions, int restoring, int standbys, long behind, long restored) {
        static Status of(StartedProcess instance) {
            String said = instance.output();
            String[] lines = said.substring(0, said.lastIndexOf('\n') + 1).split("\n");
            long[] numbers = Arrays.stream(lines[lines.length - 1].split(" ")).filter(text -> !text.isEmpty())
                    .mapToLong(Long::parseLong).toArray();
            return numbers.length < 5 ? new Status(0, 0, 0, 0, 0) : new Status(Math.toIntExact(numbers[0]),
                    Math.toIntExact(numbers[1]), Math.toIntExact(numbers[2]), numbers[3], numbers[4]);
        }
    }

    private final class Run {
        private final StockClients stock;
        private final String bootstrap;
        private final String name;
        private final boolean onDisk;
        private final List<StartedProcess> instances = new ArrayList<>();
        private int fed;

        Run(String bootstrap, String name, boolean onDisk) {
            stock = new StockClients(bootstrap);
            this.bootstrap = bootstrap;
            this.name = name;
            this.onDisk = onDisk;
        }

        private StartedProcess start(int number) {
            List<String> arguments = new ArrayList<>(List.of(bootstrap, name));
            if (onDisk) {
                arguments.add(folder.resolve("state-" + number).toString());
            }
            StartedProcess process = StartedProcess.startJava(folder, "128m", StandbyApplication.class.getName(),
                    arguments);
            started.add(process);
            return process;
        }

        void throughKills() {
            try (Admin admin = stock.admin()) {
                admin.createTopics(Stream.of("-in", "-out").map(end -> new NewTopic(name + end, PARTITIONS, (short) 1))
                        .toList()).all().get();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            feed();
            instances.add(start(0));
            instances.add(start(1));
            for (int kill = 0; kill < KILLS; kill++) {
                awaitShared();
                feed();
                int killed = kill % 2;
                StartedProcess survivor = instances.get(1 - killed);
                long before = Status.of(survivor).restored();
                long written = ends("-app-counts-changelog");
                Awaitility.await().atMost(LIMIT).until(() -> ends("-app-counts-changelog") > written);
                instances.get(killed).close();
                Awaitility.await().atMost(LIMIT).until(() -> {
                    Status now = Status.of(survivor);
                    return now.partitions() == PARTITIONS && now.restoring() == 0;
                });
                long again = Status.of(survivor).restored() - before;
                long all = ends("-app-counts-changelog");
                assertTrue(again <= all / SMALL, () -> "read again: " + again + " of " + all);
                instances.set(killed, start(killed));
            }
            awaitShared();
            assertTruth();
        }

        private void awaitShared() {
            Awaitility.await().atMost(LIMIT).until(() -> instances.stream().map(Status::of).allMatch(status ->
                    status.partitions() == PARTITIONS / 2 && status.restoring() == 0
                            && status.standbys() == PARTITIONS / 2 && status.behind() == 0));
        }

        private void feed() {
            try (KafkaProducer<String, String> producer = stock.producer("enable.idempotence=true")) {
                for (int record = 0; record < ROUND; record++) {
                    producer.send(new ProducerRecord<>(name + "-in", "k" + fed++ % KEYS, ""));
                }
            }
        }

        private long ends(String topic) {
            try (KafkaConsumer<String, String> consumer = stock.consumer()) {
                return consumer.endOffsets(IntStream.range(0, PARTITIONS)
                        .mapToObj(number -> new TopicPartition(name + topic, number)).toList())
                        .values().stream().mapToLong(Long::longValue).sum();
            }
        }

        private void assertTruth() {
            Map<String, List<Long>> counts = new TreeMap<>();
            Awaitility.await().atMost(LIMIT).until(() -> read(counts) >= fed);
            Map<String, List<Long>> expected = new TreeMap<>();
            for (int key = 0; key < KEYS; key++) {
                expected.put("k" + key, LongStream.rangeClosed(1, fed / KEYS).boxed().toList());
            }
            assertEquals(expected, counts);
        }

        private int read(Map<String, List<Long>> counts) {
            counts.clear();
            int found = 0;
            for (ConsumerRecord<String, String> one : stock.records(name + "-out", StockClients.READ_COMMITTED)) {
                found++;
                counts.computeIfAbsent(one.key(), key -> new ArrayList<>()).add(Long.valueOf(one.value()));
            }
            return found;
        }
    }
}
