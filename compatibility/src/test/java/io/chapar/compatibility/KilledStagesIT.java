package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// An application of three stages with state on disk ([StagedApplication]), as processes that are killed with SIGKILL,
/// as is their broker: in the end outputs and state are what the inputs come to, and after a kill no more of the
/// changelogs is read again than what one commit had written.
class KilledStagesIT {
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final int PARTITIONS = 4;
    private static final int THREADS = 2;
    /// Of the join: a row, its place by age, and stream time; of the sums: one. Nothing expires.
    private static final int ENTRIES_PER_RECORD = 4;
    private static final long START_MS = 1_700_000_000_000L;
    /// That is years ago: by the default both brokers delete such records when they look for what is too old, Apache
    /// Kafka half a minute after its start, and inputs that nobody had read are gone.
    private static final Map<String, String> FOR_EVER = Map.of("retention.ms", "-1");

    @TempDir
    private Path folder;
    /// All that were started.
    private final List<StartedProcess> started = new ArrayList<>();

    @AfterEach
    void leaveNoneBehind() {
        started.forEach(StartedProcess::close);
    }

    @Test
    void aKilledInstanceReadsAgainWhatOneCommitHasWrittenAtMost() {
        try (ChaparProcess broker = chapar()) {
            Run run = new Run(broker.bootstrap(), "killed", 6_000, 1);
            run.begin();
            run.killInstances(1, number -> { });
            run.assertTruth();
        }
    }

    @Test
    @Tag("nightly")
    void stagesSurviveTenKillsAndFiveOfTheBroker() {
        try (ChaparProcess broker = chapar()) {
            throughKills(broker.bootstrap(), () -> {
                broker.kill();
                broker.start();
            });
        }
    }

    @Test
    @Tag("nightly")
    void stagesSurviveTenKillsAndFiveOfTheBrokerOnApacheKafka() throws Exception {
        try (KafkaProcess broker = KafkaProcess.formatted(folder.resolve("kafka"))) {
            broker.start();
            throughKills(broker.bootstrap(), () -> {
                broker.kill();
                broker.start();
            });
        }
    }

    private ChaparProcess chapar() {
        return ChaparProcess.start(folder.resolve("data"), "group.initial.rebalance.delay.ms=0");
    }

    private void throughKills(String bootstrap, Runnable killBroker) {
        Run run = new Run(bootstrap, "staged", 200_000, 2);
        run.begin();
        run.killInstances(10, number -> {
            if (number % 2 == 1) {
                killBroker.run();
            }
        });
        run.assertTruth();
    }

    private interface AfterKill {
        void killed(int number);
    }

    /// One application, from its topics to its truth.
    private final class Run {
        private final StockClients stock;
        private final String name;
        private final int records;
        private final List<Supplier<StartedProcess>> starts = new ArrayList<>();
        private final List<StartedProcess> instances = new ArrayList<>();

        Run(String bootstrap, String name, int records, int instanceCount) {
            stock = new StockClients(bootstrap);
            this.name = name;
            this.records = records;
            for (int number = 0; number < instanceCount; number++) {
                String instance = "i" + number;
                starts.add(() -> {
                    StartedProcess process = StartedProcess.startJava(folder, "192m",
                            StagedApplication.class.getName(), List.of(bootstrap, name, instance,
                                    folder.resolve("state-" + instance).toString(), "" + THREADS));
                    started.add(process);
                    return process;
                });
            }
        }

        /// Half of the inputs are there before it starts, the others come when a half of these is done.
        void begin() {
            try (Admin admin = stock.admin()) {
                admin.createTopics(Stream.of("-left", "-right", "-out")
                        .map(end -> new NewTopic(name + end, PARTITIONS, (short) 1).configs(FOR_EVER))
                        .toList()).all().get();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            feed(0, records / 4);
            starts.forEach(start -> instances.add(start.get()));
            instances.forEach(instance -> assertTrue(restored(instance) >= 0));
        }

        /// Pairs: what is of one moment at each side, by account. One request at a time: Apache Kafka refuses the first
        /// while it is not the leader yet after its start, takes the second of a producer it does not know, and refuses
        /// the first for ever then.
        private void feed(int from, int to) {
            try (KafkaProducer<String, String> producer = stock.producer(
                    "max.in.flight.requests.per.connection=1")) {
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (int pair = from; pair < to; pair++) {
                    String account = "a" + pair % StagedApplication.ACCOUNTS;
                    sent.add(producer.send(new ProducerRecord<>(name + "-left", null, START_MS + pair, "l" + pair,
                            account + ":" + pair)));
                    sent.add(producer.send(new ProducerRecord<>(name + "-right", null, START_MS + pair, account,
                            "" + pair)));
                }
                for (Future<RecordMetadata> one : sent) {
                    one.get();
                }
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException("not all inputs were written", e);
            }
        }

        private long restored(StartedProcess instance) {
            String said = instance.line();
            assertNotNull(said, () -> "It ended: " + instance.errors());
            return Long.parseLong(said.substring("restored ".length()));
        }

        void killInstances(int kills, AfterKill afterKill) {
            int fed = records / 4;
            for (int kill = 0; kill < kills; kill++) {
                int until = Math.toIntExact((long) records / 2 * (kill + 1) / (kills + 1));
                awaitOutputs(Math.min(until, fed) / 2);
                int which = kill % instances.size();
                instances.get(which).close();
                afterKill.killed(kill);
                if (fed < records / 2) {
                    int more = Math.min(records / 2, fed + records / 4 / kills + 1);
                    feed(fed, more);
                    fed = more;
                }
                instances.set(which, starts.get(which).get());
                long again = restored(instances.get(which));
                int most = THREADS * StagedApplication.COMMIT_RECORDS * ENTRIES_PER_RECORD;
                String when = "after kill " + kill + " of instance " + which;
                assertTrue(again <= most, () -> when + " were read again: " + again + " of " + most + " at most");
            }
            feed(fed, records / 2);
        }

        /// Of all that is written, markers too: that is near enough for a kill.
        private void awaitOutputs(int atLeast) {
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).until(() -> written() >= atLeast);
        }

        private long written() {
            instances.forEach(instance -> assertTrue(instance.isAlive(), instance::errors));
            try (KafkaConsumer<String, String> consumer = stock.consumer()) {
                return consumer.endOffsets(IntStream.range(0, PARTITIONS)
                        .mapToObj(number -> new TopicPartition(name + "-out", number)).toList())
                        .values().stream().mapToLong(Long::longValue).sum();
            }
        }

        void assertTruth() {
            awaitOutputs(records / 2);
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofSeconds(1)).until(() ->
                    stock.records(name + "-out", StockClients.READ_COMMITTED).size() >= records / 2);
            instances.forEach(StartedProcess::terminate);
            instances.forEach(instance -> assertEquals(143, instance.exitCode(), instance::errors));
            Map<String, List<Long>> counts = new TreeMap<>();
            Map<String, String> last = new TreeMap<>();
            for (ConsumerRecord<String, String> output : stock.records(name + "-out", StockClients.READ_COMMITTED)) {
                String sum = output.value();
                counts.computeIfAbsent(output.key(), key -> new ArrayList<>())
                        .add(Long.valueOf(sum.substring(0, sum.indexOf(':'))));
                last.put(output.key(), sum);
            }
            Map<String, String> expected = new TreeMap<>();
            for (int sum = 0; sum < StagedApplication.SUMS; sum++) {
                int end = sum;
                long[] pairs = LongStream.range(0, records / 2).filter(pair -> pair % StagedApplication.SUMS == end)
                        .toArray();
                expected.put("s" + sum, pairs.length + ":" + 2 * LongStream.of(pairs).sum());
                assertEquals(LongStream.rangeClosed(1, pairs.length).boxed().toList(), counts.get("s" + sum));
            }
            assertEquals(expected, last);
            assertEquals(expected, state());
        }

        /// A row is a time, which is no text, and the sum.
        private Map<String, String> state() {
            Map<String, String> latest = new TreeMap<>();
            stock.records(name + "-app-sums-changelog", StockClients.READ_COMMITTED).forEach(row ->
                    latest.put(row.key(), row.value().replaceAll("(?s)^.*?(\\d+:\\d+)$", "$1")));
            assertTrue(Files.isDirectory(folder.resolve("state-i0").resolve(name + "-app")));
            return latest;
        }
    }
}
