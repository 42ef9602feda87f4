package io.chapar.compatibility;

import io.chapar.client.FencedException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UsageException;
import io.chapar.client.consumer.AssignmentStrategy;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.consumer.RebalanceListener;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The project's own consumer against a real broker, alone and in groups with Kafka's.
class ChaparConsumerIT extends SharedBroker {
    private static final Duration STEP = Duration.ofMillis(100);
    private static final Duration LIMIT = Duration.ofSeconds(90);

    ChaparConsumerIT() {
        super("group.initial.rebalance.delay.ms=0", "group.min.session.timeout.ms=500");
    }

    private ConsumerConfig.Builder settings() {
        return ConsumerConfig.builder(broker.bootstrap()).offsetReset(OffsetReset.EARLIEST);
    }

    private static Consumer<String, String> open(ConsumerConfig.Builder settings) {
        return Consumer.open(settings.build(), Serdes.string(), Serdes.string());
    }

    private void fill(String topic, int partitions, int each, String... producerSettings) {
        try (KafkaProducer<String, String> producer = stock.producer(producerSettings)) {
            List<Future<?>> sent = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                for (int partition = 0; partition < partitions; partition++) {
                    sent.add(producer.send(new ProducerRecord<>(topic, partition, 1_000L + i, "k" + i,
                            partition + ":" + i)));
                }
            }
            for (Future<?> one : sent) {
                one.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> expected(int partition, int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> partition + ":" + i).toList();
    }

    private static List<String> read(Consumer<String, String> consumer, int count) {
        List<String> values = new ArrayList<>();
        long giveUp = System.nanoTime() + LIMIT.toNanos();
        while (values.size() < count && System.nanoTime() < giveUp) {
            for (ConsumerRecord<String, String> one : consumer.poll(STEP)) {
                values.add(one.value());
            }
        }
        return values;
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void readsWhatKafkasProducerWrote(String codec) {
        String topic = "codec-" + codec;
        create(topic, 1);
        fill(topic, 1, 2_000, "compression.type=" + codec);
        try (Consumer<String, String> consumer = open(settings().maxPollRecords(77))) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            assertEquals(expected(0, 0, 2_000), read(consumer, 2_000));
            assertEquals(2_000, consumer.position(partition));
        }
    }

    @Test
    void seeksAndLooksUp() {
        create("seek", 2);
        fill("seek", 2, 100);
        TopicPartition zero = new TopicPartition("seek", 0);
        TopicPartition one = new TopicPartition("seek", 1);
        try (Consumer<String, String> consumer = open(settings())) {
            assertEquals(Map.of(zero, 0L, one, 0L), consumer.beginningOffsets(List.of(zero, one)));
            assertEquals(Map.of(zero, 100L, one, 100L), consumer.endOffsets(List.of(zero, one)));
            var found = consumer.offsetsForTimes(Map.of(zero, 1_042L, one, 9_999L));
            assertEquals(42, found.get(zero).offset());
            assertEquals(1_042, found.get(zero).timestamp());
            assertNull(found.get(one));

            consumer.assign(List.of(zero));
            consumer.seek(zero, 95);
            assertEquals(expected(0, 95, 100), read(consumer, 5));
            consumer.seekToBeginning(List.of());
            assertEquals(0, consumer.position(zero));
            assertEquals(expected(0, 0, 100), read(consumer, 100));
            consumer.seekToEnd(List.of());
            assertEquals(100, consumer.position(zero));
            assertTrue(consumer.poll(Duration.ofMillis(10)).isEmpty());

            consumer.assign(List.of(zero, one));
            consumer.pause(List.of(one));
            consumer.seek(zero, 98);
            assertEquals(expected(0, 98, 100), read(consumer, 2));
            assertTrue(consumer.poll(STEP).isEmpty());
            consumer.resume(List.of(one));
            assertEquals(expected(1, 0, 100), read(consumer, 100));
            assertThrows(UsageException.class, () -> consumer.seek(new TopicPartition("seek", 7), 0));
            assertThrows(UsageException.class, () -> consumer.commit(Map.of(zero, new OffsetAndMetadata(1))));
        }
    }

    @Test
    void committedReadersSkipAbortedTransactionsAndWaitForOpenOnes() {
        create("rc", 1);
        TopicPartition partition = new TopicPartition("rc", 0);
        try (KafkaProducer<String, String> first = stock.producer("transactional.id=rc-1");
                KafkaProducer<String, String> second = stock.producer("transactional.id=rc-2");
                Consumer<String, String> committed = open(settings().isolation(IsolationLevel.READ_COMMITTED)
                        .fetchMaxWaitMs(20));
                Consumer<String, String> uncommitted = open(settings())) {
            first.initTransactions();
            second.initTransactions();
            List<String> wanted = new ArrayList<>();
            List<String> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                first.beginTransaction();
                second.beginTransaction();
                for (int j = 0; j < 3; j++) {
                    for (KafkaProducer<String, String> each : List.of(first, second)) {
                        String value = (each.equals(first) ? "a" : "b") + i + "." + j;
                        var _ = each.send(new ProducerRecord<>("rc", 0, null, value));
                        each.flush();
                        all.add(value);
                        if (each.equals(first) == (i % 2 == 0)) {
                            wanted.add(value);
                        }
                    }
                }
                if (i % 2 == 0) {
                    first.commitTransaction();
                    second.abortTransaction();
                } else {
                    first.abortTransaction();
                    second.commitTransaction();
                }
            }
            first.beginTransaction();
            var _ = first.send(new ProducerRecord<>("rc", 0, null, "open"));
            first.flush();
            all.add("open");
            committed.assign(List.of(partition));
            uncommitted.assign(List.of(partition));
            assertEquals(wanted, read(committed, wanted.size()));
            assertEquals(all, read(uncommitted, all.size()));
            // Behind the last of them lie what was aborted, and marks.
            List<String> more = new ArrayList<>();
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
                committed.poll(STEP).forEach(one -> more.add(one.value()));
                assertEquals(List.of(), more);
                assertEquals(committed.endOffsets(List.of(partition)).get(partition), committed.position(partition));
            });
            first.commitTransaction();
            assertEquals(List.of("open"), read(committed, 1));
            for (long offset = 0; offset < all.size() + 40; offset += 7) {
                committed.seek(partition, offset);
                List<String> rest = read(committed, 1);
                assertTrue(wanted.contains(rest.getFirst()) || rest.getFirst().equals("open"), () -> "read " + rest);
            }
        }
    }

    @Test
    void commitsAndGoesOnThere() {
        create("commit", 1);
        fill("commit", 1, 50);
        TopicPartition partition = new TopicPartition("commit", 0);
        try (Consumer<String, String> consumer = open(settings().groupId("commit-g").maxPollRecords(10))) {
            assertTrue(consumer.committed(Set.of(partition)).isEmpty());
            consumer.subscribe(List.of("commit"));
            ConsumerRecords<String, String> records = ConsumerRecordsOf.first(consumer);
            assertEquals(10, records.count());
            consumer.commit(records.nextOffsets());
            assertEquals(10, consumer.committed(Set.of(partition)).get(partition).offset());
            consumer.commitAsync(Map.of(partition, new OffsetAndMetadata(20, -1, "here"))).join();
            assertEquals(new OffsetAndMetadata(20, -1, "here"), consumer.committed(Set.of(partition)).get(partition));
        }
        try (Consumer<String, String> next = open(settings().groupId("commit-g"))) {
            next.subscribe(List.of("commit"));
            assertEquals(expected(0, 20, 50), read(next, 30));
        }
    }

    private static final class ConsumerRecordsOf {
        static ConsumerRecords<String, String> first(Consumer<String, String> consumer) {
            long giveUp = System.nanoTime() + LIMIT.toNanos();
            while (System.nanoTime() < giveUp) {
                ConsumerRecords<String, String> records = consumer.poll(STEP);
                if (!records.isEmpty()) {
                    return records;
                }
            }
            throw new AssertionError("nothing came");
        }
    }

    /// Who is told what, in order.
    private static final class Diary implements RebalanceListener {
        final TreeSet<TopicPartition> owned = new TreeSet<>();
        int lost;
        int revoked;

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            assertTrue(owned.containsAll(partitions));
            owned.removeAll(partitions);
            revoked += partitions.size();
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(one -> assertTrue(owned.add(one)));
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            owned.removeAll(partitions);
            lost += partitions.size();
        }
    }

    private static void pollAll(BooleanSupplier until, List<Consumer<String, String>> consumers) {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> {
            for (Consumer<String, String> one : consumers) {
                one.poll(Duration.ofMillis(20));
            }
            return until.getAsBoolean();
        });
    }

    @ParameterizedTest
    @EnumSource(AssignmentStrategy.class)
    void twoMembersShare(AssignmentStrategy strategy) {
        String topic = "share-" + strategy.label();
        create(topic, 6);
        ConsumerConfig.Builder settings = settings().groupId("g-" + topic).strategies(strategy)
                .heartbeatIntervalMs(100);
        Diary one = new Diary();
        Diary two = new Diary();
        try (Consumer<String, String> first = open(settings)) {
            first.subscribe(List.of(topic), one);
            pollAll(() -> one.owned.size() == 6, List.of(first));
            try (Consumer<String, String> second = open(settings)) {
                second.subscribe(List.of(topic), two);
                pollAll(() -> one.owned.size() == 3 && two.owned.size() == 3, List.of(first, second));
                assertEquals(one.owned, first.assignment());
                TreeSet<TopicPartition> all = new TreeSet<>(one.owned);
                all.addAll(two.owned);
                assertEquals(6, all.size());
                if (strategy == AssignmentStrategy.COOPERATIVE_STICKY) {
                    assertEquals(3, one.revoked, "only what moved was taken away");
                }
            }
            assertTrue(two.owned.isEmpty(), "told on close");
            pollAll(() -> one.owned.size() == 6, List.of(first));
            assertEquals(0, one.lost + two.lost);
        }
    }

    @ParameterizedTest
    @EnumSource(value = AssignmentStrategy.class, mode = EnumSource.Mode.EXCLUDE, names = "TOGETHER")
    void sharesWithKafkasConsumer(AssignmentStrategy strategy) {
        String topic = "mixed-" + strategy.label();
        create(topic, 4);
        fill(topic, 4, 25);
        String theirs = strategy == AssignmentStrategy.RANGE
                ? "org.apache.kafka.clients.consumer.RangeAssignor"
                : "org.apache.kafka.clients.consumer.CooperativeStickyAssignor";
        ConsumerConfig.Builder settings = settings().groupId("g-" + topic).strategies(strategy)
                .heartbeatIntervalMs(100);
        for (boolean oursLeads : List.of(true, false)) {
            Map<TopicPartition, Integer> seen = new TreeMap<>();
            try (Consumer<String, String> ours = open(settings);
                    KafkaConsumer<String, String> kafkas = stock.consumer("group.id=g-" + topic,
                            "partition.assignment.strategy=" + theirs, "heartbeat.interval.ms=100",
                            "enable.auto.commit=false")) {
                ours.subscribe(List.of(topic));
                kafkas.subscribe(List.of(topic));
                Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> {
                    if (oursLeads || !kafkas.assignment().isEmpty()) {
                        ours.poll(Duration.ofMillis(20)).forEach(one -> seen.merge(one.topicPartition(), 1,
                                Integer::sum));
                    }
                    if (!oursLeads || !ours.assignment().isEmpty()) {
                        kafkas.poll(Duration.ofMillis(20)).forEach(one -> seen.merge(
                                new TopicPartition(one.topic(), one.partition()), 1, Integer::sum));
                    }
                    return ours.assignment().size() == 2 && kafkas.assignment().size() == 2 && seen.size() == 4
                            && seen.values().stream().allMatch(count -> count >= 25);
                });
            }
        }
    }

    @Test
    void whoDoesNotPollLosesItsPartitions() {
        create("slow", 2);
        fill("slow", 2, 5);
        Diary diary = new Diary();
        Diary other = new Diary();
        ConsumerConfig.Builder settings = settings().groupId("slow-g").heartbeatIntervalMs(50)
                .sessionTimeoutMs(30_000);
        try (Consumer<String, String> slow = open(settings.maxPollIntervalMs(3_000))) {
            slow.subscribe(List.of("slow"), diary);
            pollAll(() -> diary.owned.size() == 2, List.of(slow));
            ConsumerRecords<String, String> records = ConsumerRecordsOf.first(slow);
            try (Consumer<String, String> next = open(settings)) {
                next.subscribe(List.of("slow"), other);
                // The slow one works too long on its records meanwhile.
                pollAll(() -> other.owned.size() == 2, List.of(next));
                assertThrows(FencedException.class, () -> slow.commit(records.nextOffsets()));
                pollAll(() -> other.owned.size() == 1 && diary.owned.size() == 1, List.of(next, slow));
                assertEquals(2, diary.lost);
                assertEquals(0, diary.revoked);
            }
        }
    }

    @Test
    void aStaticMemberComesBackToItsPartitions() {
        create("static", 4);
        Diary stays = new Diary();
        ConsumerConfig.Builder settings = settings().groupId("static-g").heartbeatIntervalMs(100);
        try (Consumer<String, String> other = open(settings)) {
            other.subscribe(List.of("static"), stays);
            TreeSet<TopicPartition> before;
            settings.groupInstanceId("i");
            try (Consumer<String, String> first = open(settings)) {
                Diary diary = new Diary();
                first.subscribe(List.of("static"), diary);
                pollAll(() -> diary.owned.size() == 2 && stays.owned.size() == 2, List.of(other, first));
                before = new TreeSet<>(diary.owned);
            }
            int revoked = stays.revoked;
            try (Consumer<String, String> again = open(settings); Consumer<String, String> twin = open(settings)) {
                Diary diary = new Diary();
                again.subscribe(List.of("static"), diary);
                pollAll(() -> diary.owned.equals(before), List.of(other, again));
                assertEquals(revoked, stays.revoked, "nobody else noticed");

                Diary second = new Diary();
                twin.subscribe(List.of("static"), second);
                pollAll(() -> second.owned.equals(before), List.of(other, twin));
                assertThrows(FencedException.class, () -> pollAll(() -> false, List.of(again)));
            }
        }
    }

    @Test
    void interruptionAndWakeupEndAPoll() throws Exception {
        create("quiet", 1);
        try (Consumer<String, String> consumer = open(settings())) {
            consumer.assign(List.of(new TopicPartition("quiet", 0)));
            consumer.wakeup();
            assertTrue(consumer.poll(Duration.ofMinutes(10)).isEmpty());
            List<Throwable> failures = new ArrayList<>();
            Thread poller = Thread.ofVirtual().start(() -> {
                try {
                    consumer.poll(Duration.ofMinutes(10));
                } catch (RuntimeException e) {
                    failures.add(e);
                }
            });
            Awaitility.await().atMost(LIMIT).until(() -> poller.getState() == Thread.State.WAITING);
            assertThrows(UsageException.class, () -> consumer.poll(STEP), "one thread at a time");
            poller.interrupt();
            poller.join();
            assertEquals(1, failures.size());
            assertTrue(consumer.poll(Duration.ofMillis(1)).isEmpty());
        }
    }

    @Test
    void survivesKilledBrokers(@TempDir Path folder) {
        try (ChaparProcess mortal = ChaparProcess.start(folder.resolve("mortal"),
                "group.initial.rebalance.delay.ms=0")) {
            StockClients clients = new StockClients(mortal.bootstrap());
            List<String> values = new ArrayList<>();
            TopicPartition partition = new TopicPartition("mortal", 0);
            ConsumerConfig.Builder settings = ConsumerConfig.builder(mortal.bootstrap()).groupId("mortal-g")
                    .offsetReset(OffsetReset.EARLIEST).heartbeatIntervalMs(100).sessionTimeoutMs(30_000);
            try (Consumer<String, String> consumer = open(settings)) {
                consumer.subscribe(List.of("mortal"));
                for (int round = 0; round < 3; round++) {
                    try (KafkaProducer<String, String> producer = clients.producer()) {
                        for (int i = 0; i < 100; i++) {
                            var _ = producer.send(new ProducerRecord<>("mortal", 0, null, round + ":" + i));
                        }
                    }
                    int wanted = (round + 1) * 100;
                    Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> {
                        ConsumerRecords<String, String> records = consumer.poll(STEP);
                        records.forEach(one -> values.add(one.value()));
                        return values.size() >= wanted;
                    });
                    Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(1)).until(() -> {
                        consumer.poll(Duration.ofMillis(20));
                        try {
                            consumer.commit(Map.of(partition, new OffsetAndMetadata(wanted)));
                            return true;
                        } catch (io.chapar.client.RetriableException e) {
                            return false;
                        }
                    });
                    mortal.kill();
                    mortal.start();
                }
                assertEquals(300, new TreeSet<>(values).size());
                assertEquals(300, consumer.committed(Set.of(partition)).get(partition).offset());
            }
        }
    }
}
