package io.chapar.compatibility;

import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ForeignKey;
import io.chapar.processor.KeyProcess;
import io.chapar.processor.KeyTimer;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorException;
import io.chapar.processor.ProcessorStatus;
import io.chapar.processor.Stream;
import io.chapar.processor.TimeWindows;
import io.chapar.processor.Topology;
import io.chapar.protocol.TopicPartition;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stateful applications against a real broker, which is killed meanwhile.
class StatefulProcessorIT extends SharedBroker {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int PARTITIONS = 4;
    private static final int KEYS = 17;

    StatefulProcessorIT() {
        super("group.initial.rebalance.delay.ms=0", "group.min.session.timeout.ms=500");
    }

    private void feed(String name, int from, int to) {
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = from; number < to; number++) {
                var _ = producer.send(new ProducerRecord<>(name + "-in", "k" + number % KEYS, "" + number));
            }
            producer.flush();
        }
    }

    private static Stream<String, String> inputs(String name, long workMs) {
        return Topology.from(name + "-in", Serdes.string(), Serdes.string())
                .peek(record -> {
                    try {
                        TimeUnit.MILLISECONDS.sleep(workMs);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException(e);
                    }
                });
    }

    private static Topology counting(String name, long workMs) {
        return inputs(name, workMs)
                .groupByKey(Serdes.string()).count("per-key")
                .mapValues(String::valueOf)
                .to(name + "-out", Serdes.string(), Serdes.string());
    }

    private ProcessorConfig.Builder settings(String name, Delivery delivery) {
        return ProcessorConfig.builder(broker.bootstrap(), name + "-app").delivery(delivery);
    }

    /// Of an application that leaves as one that was killed: without time to finish, and after this time its partitions
    /// are free.
    private ProcessorConfig abandoned(String name) {
        return settings(name, Delivery.EXACTLY_ONCE).threads(2).closeTimeoutMs(0).sessionTimeoutMs(3_000).build();
    }

    private void prepare(String name, int records) {
        create(name + "-in", PARTITIONS);
        create(name + "-out", PARTITIONS);
        feed(name, 0, records);
    }

    private void awaitOutputs(String name, int count) {
        stock.awaitRecords(name + "-out", count, LIMIT);
    }

    private static long inputs(int key, int records) {
        return (long) records / KEYS + (key < records % KEYS ? 1 : 0);
    }

    /// Each key has counted from one to the number of its records, each number once.
    private void assertCounted(String name, int records) {
        List<ConsumerRecord<String, String>> all = stock.records(name + "-out", StockClients.READ_COMMITTED);
        for (int key = 0; key < KEYS; key++) {
            String wanted = "k" + key;
            List<Long> counts = all.stream().filter(record -> record.key().equals(wanted))
                    .map(record -> Long.valueOf(record.value())).toList();
            assertEquals(LongStream.rangeClosed(1, inputs(key, records)).boxed().toList(), counts, wanted);
        }
    }

    /// A row is the time of the latest record, and then the count.
    private SortedMap<String, Long> changelog(String name) {
        TreeMap<String, Long> latest = new TreeMap<>();
        List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(number -> new TopicPartition(name + "-app-per-key-changelog", number)).toList();
        ConsumerConfig config = ConsumerConfig.builder(broker.bootstrap()).isolation(IsolationLevel.READ_COMMITTED)
                .offsetReset(OffsetReset.EARLIEST).build();
        Serde<Long> counts = Serdes.of(count -> new byte[0], row -> ByteBuffer.wrap(row).getLong(Long.BYTES));
        try (Consumer<String, Long> consumer = Consumer.open(config, Serdes.string(), counts)) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                consumer.poll(Duration.ofMillis(200)).forEach(record -> latest.put(record.key(), record.value()));
            }
        }
        return latest;
    }

    @Test
    void countsSurviveAKilledBrokerAndAbandonedInstances() {
        countThrough(2, "counted");
    }

    @Test
    @Tag("nightly")
    void countsSurviveKilledBrokersAndAbandonedInstances() {
        countThrough(6, "counted-long");
    }

    private void countThrough(int lives, String name) {
        int records = 3_000;
        prepare(name, records);
        ProcessorConfig config = abandoned(name);
        for (int life = 0; life < lives; life++) {
            // Without time to finish, it leaves as one that was killed: what it had begun is aborted.
            try (ProcessorApp app = ProcessorApp.start(config, counting(name, 2))) {
                Awaitility.await().atMost(LIMIT).untilAsserted(() ->
                        assertTrue(app.status().recordsOut() > 150, () -> app.status().toString()));
                if (life % 2 == 0) {
                    broker.kill();
                    broker.start();
                    long before = app.status().recordsOut();
                    Awaitility.await().atMost(LIMIT).untilAsserted(() ->
                            assertTrue(app.status().recordsOut() > before + 100, () -> app.status().toString()));
                }
            }
        }
        try (ProcessorApp last = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).threads(2).build(),
                counting(name, 0))) {
            awaitOutputs(name, records);
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
                ProcessorStatus status = last.status();
                assertTrue(status.restoredEntries() > 0 && status.stateBytes() > 0, status::toString);
                assertEquals(0, status.restoring());
            });
        }
        assertCounted(name, records);
        TreeMap<String, Long> expected = new TreeMap<>();
        IntStream.range(0, KEYS).forEach(key -> expected.put("k" + key, inputs(key, records)));
        assertEquals(expected, changelog(name));
    }

    @ParameterizedTest
    @EnumSource
    void everyModeGoesOnCountingWhereItStopped(Delivery delivery) {
        String name = "resumed-" + delivery.label();
        prepare(name, 500);
        for (int total = 500; total <= 1_000; total += 500) {
            try (ProcessorApp app = ProcessorApp.start(settings(name, delivery).build(), counting(name, 0))) {
                awaitOutputs(name, total);
                assertEquals(1, app.status().threads());
            }
            if (total == 500) {
                feed(name, 500, 1_000);
            }
        }
        List<String> all = new ArrayList<>(stock.values(name + "-out", StockClients.READ_COMMITTED));
        assertEquals(1_000, all.size());
        // The number of records of the second half's keys continues that of the first.
        int highest = all.stream().mapToInt(Integer::parseInt).max().orElseThrow();
        assertTrue(highest > 500 / KEYS + 1, () -> "highest: " + highest);
    }

    @Test
    void theChangelogHasTheInputsPartitionsAndIsCompacted() {
        String name = "described";
        prepare(name, 10);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(), counting(name, 0));
                Admin admin = Admin.open(broker.bootstrap())) {
            awaitOutputs(name, 10);
            String changelog = name + "-app-per-key-changelog";
            assertEquals(PARTITIONS, admin.describeTopics(List.of(changelog)).get(changelog).get().partitionCount());
            assertTrue(admin.describeTopicConfig(changelog).get().stream().anyMatch(entry ->
                    entry.name().equals("cleanup.policy") && "compact".equals(entry.value())));
            assertEquals(1, app.status().threads());
        }
    }

    /// Per key, then how many keys have come to each count: the second stage reads what the first one writes.
    private static Topology twoStages(String name, long workMs) {
        return inputs(name, workMs)
                .groupByKey(Serdes.string()).count("per-key")
                .groupBy(count -> "c" + count.value(), Serdes.string(), Serdes.int64()).count("per-count")
                .mapValues(String::valueOf)
                .to(name + "-out", Serdes.string(), Serdes.string());
    }

    @Test
    void twoInstancesShareTheStagesAndCountOnceThroughAKill() {
        shareThrough(1, "staged");
    }

    @Test
    @Tag("nightly")
    void twoInstancesShareTheStagesAndCountOnceThroughKills() {
        shareThrough(4, "staged-long");
    }

    private void shareThrough(int lives, String name) {
        int records = 2_000;
        prepare(name, records);
        ProcessorConfig config = abandoned(name);
        try (ProcessorApp first = ProcessorApp.start(config, twoStages(name, 2))) {
            for (int life = 0; life < lives; life++) {
                try (ProcessorApp second = ProcessorApp.start(config, twoStages(name, 2))) {
                    Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertTrue(second.status().recordsIn() > 100
                            && first.status().recordsIn() > 100, () -> first.status() + " " + second.status()));
                    broker.kill();
                    broker.start();
                }
            }
        }
        try (ProcessorApp one = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(), twoStages(name, 0));
                ProcessorApp other = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(),
                        twoStages(name, 0))) {
            awaitOutputs(name, records);
            // They may be about to hand some over.
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertEquals(
                    2 * PARTITIONS, one.status().partitions() + other.status().partitions()));
        }
        List<ConsumerRecord<String, String>> all = stock.records(name + "-out", StockClients.READ_COMMITTED);
        assertEquals(records, all.size());
        for (int count = 1; count <= inputs(0, records); count++) {
            int wanted = count;
            long keys = IntStream.range(0, KEYS).filter(key -> inputs(key, records) >= wanted).count();
            assertEquals(LongStream.rangeClosed(1, keys).boxed().toList(), all.stream()
                    .filter(record -> record.key().equals("c" + wanted))
                    .map(record -> Long.valueOf(record.value())).toList(), "c" + count);
        }
    }

    @Test
    void theApplicationMakesTheTopicsThatItIsCutAt() {
        String name = "cut";
        prepare(name, 10);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(), twoStages(name, 0));
                Admin admin = Admin.open(broker.bootstrap())) {
            awaitOutputs(name, 10);
            String cut = name + "-app-per-count-repartition";
            assertTrue(app.describe().toString().contains(cut), () -> app.describe().toString());
            assertEquals(PARTITIONS, admin.describeTopics(List.of(cut)).get(cut).get().partitionCount());
            List<String> settings = admin.describeTopicConfig(cut).get().stream()
                    .map(entry -> entry.name() + "=" + entry.value()).toList();
            assertTrue(settings.containsAll(List.of("cleanup.policy=delete", "retention.ms=-1")), settings::toString);
        }
    }

    /// Half a minute after the start, and every half a minute.
    @Test
    @Tag("nightly")
    void whatIsProcessedIsDeletedFromRepartitionTopics() {
        String name = "purging";
        prepare(name, 200);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(), twoStages(name, 0));
                Admin admin = Admin.open(broker.bootstrap())) {
            awaitOutputs(name, 200);
            SortedMap<TopicPartition, OffsetSpec> wanted = new TreeMap<>();
            IntStream.range(0, PARTITIONS).forEach(number -> wanted.put(
                    new TopicPartition(name + "-app-per-count-repartition", number), new OffsetSpec.Earliest()));
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertTrue(admin.listOffsets(wanted, false).values()
                    .stream().allMatch(answer -> answer.get().offset() > 0), () -> app.status().toString()));
        }
    }

    /// What an application does with what it has processed of its repartition topics.
    @Test
    void recordsBelowAnOffsetAreDeleted() {
        prepare("purged", 40);
        TopicPartition partition = new TopicPartition("purged-in", 0);
        TopicPartition missing = new TopicPartition("purged-in", PARTITIONS);
        try (Admin admin = Admin.open(broker.bootstrap())) {
            var answers = admin.deleteRecords(Map.of(partition, 2L, missing, 1L));
            assertEquals(2L, answers.get(partition).get());
            assertTrue(answers.get(missing) instanceof AdminResult.Refused<Long>, answers::toString);
            assertEquals(2L, admin.listOffsets(Map.of(partition, new OffsetSpec.Earliest()), false).get(partition)
                    .get().offset());
        }
    }

    /// By retention, say, while the application was down for too long.
    @Test
    void inputsThatWereDeletedUnreadAreToldOf() {
        String name = "shortened";
        prepare(name, 400);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(), counting(name, 0))) {
            awaitOutputs(name, 400);
            assertNull(app.status().lastError());
        }
        feed(name, 0, 400);
        TopicPartition partition = new TopicPartition(name + "-in", 0);
        try (Admin admin = Admin.open(broker.bootstrap())) {
            admin.deleteRecords(Map.of(partition, -1L)).get(partition).get();
        }
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(), counting(name, 0))) {
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
                Throwable told = app.status().lastError();
                assertTrue(told != null && told.getMessage().contains(partition + " is not in its log any more"),
                        () -> app.status().toString());
            });
        }
    }

    @Test
    void topicsThatMeetNeedTheSameNumberOfPartitions() {
        create("even", PARTITIONS);
        create("odd", PARTITIONS - 1);
        Topology meeting = Topology.from("even", Serdes.string(), Serdes.string())
                .merge(Topology.from("odd", Serdes.string(), Serdes.string()))
                .groupByKey(Serdes.string()).count("met").to("met-out", Serdes.string(), Serdes.int64());
        String text = failure(settings("met", Delivery.EXACTLY_ONCE).build(), meeting);
        assertTrue(text.contains("even=4") && text.contains("odd=3") && text.contains("repartition(name"), text);
    }

    @Test
    void whatIsJoinedNeedsTheSameNumberOfPartitions() {
        create("stream", PARTITIONS);
        create("table", PARTITIONS - 1);
        Topology joining = Topology.from("stream", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .join("join", Topology.table("t", "table", Serdes.string(), Serdes.string()),
                        (left, right) -> left + right).to("joined-out", Serdes.string(), Serdes.string());
        String text = failure(settings("joined", Delivery.EXACTLY_ONCE).build(), joining);
        assertTrue(text.contains("stream=4") && text.contains("table=3") && text.contains("repartition(name"), text);
    }

    /// Tables of different numbers of partitions, through two topics that the application makes.
    @Test
    void tablesAreJoinedByAForeignKey() {
        create("orders", PARTITIONS);
        create("customers", PARTITIONS - 1);
        create("named-out", 1);
        Serde<String> text = Serdes.string();
        Topology joining = Topology.table("o", "orders", text, text).join("named", Topology.table("c", "customers",
                text, text), ForeignKey.of((String order) -> order, text, text, text), text,
                (order, customer) -> order + "=" + customer).toStream().to("named-out", text, text);
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = 0; number < 20; number++) {
                var _ = producer.send(new ProducerRecord<>("orders", "o" + number, "c" + number % 5));
                var _ = producer.send(new ProducerRecord<>("customers", "c" + number % 5, "n" + number));
            }
        }
        TreeMap<String, String> expected = new TreeMap<>();
        IntStream.range(0, 20).forEach(number -> expected.put("o" + number, "c" + number % 5 + "=n"
                + (15 + number % 5)));
        try (ProcessorApp app = ProcessorApp.start(settings("foreign", Delivery.EXACTLY_ONCE).threads(2).build(),
                joining)) {
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> {
                TreeMap<String, String> results = new TreeMap<>();
                app.query().forEach("named", text, text, results::put);
                assertEquals(expected, results, () -> app.status().toString());
            });
        }
    }

    /// The second application gets no record: its timers are in the changelog, and the group has committed positions.
    @Test
    void timersByTheClockAreDueInAnotherInstanceToo() {
        prepare("timed", KEYS);
        KeyTimer first = KeyTimer.onWallClock("first");
        KeyTimer second = KeyTimer.onWallClock("second");
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) ->
                context.set(first, context.wallClockMs() + 100))
                .on(first, (timeMs, context) -> {
                    context.emit("first");
                    context.set(second, context.wallClockMs() + 2_500);
                }).on(second, (timeMs, context) -> context.emit("second"));
        Topology topology = Topology.from("timed-in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .process("timers", process).to("timed-out", Serdes.string(), Serdes.string());
        ProcessorConfig config = settings("timed", Delivery.EXACTLY_ONCE).build();
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            awaitOutputs("timed", KEYS);
            Awaitility.await().atMost(LIMIT).untilAsserted(() ->
                    assertTrue(app.status().timersFired() >= KEYS, () -> app.status().toString()));
        }
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            awaitOutputs("timed", 2 * KEYS);
            assertEquals(0, app.status().recordsIn());
        }
        assertEquals(2 * KEYS, stock.values("timed-out", StockClients.READ_COMMITTED).size());
    }

    private String failure(ProcessorConfig config, Topology topology) {
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            return assertThrows(ProcessorException.class, app::awaitStopped).getMessage();
        }
    }

    @Test
    void whatDoesNotFitIsSaidAtTheStart() {
        String missing = failure(settings("absent", Delivery.EXACTLY_ONCE).build(), counting("absent", 0));
        assertTrue(missing.contains("Topic absent-in does not exist"), missing);
        prepare("uneven", 1);
        create("uneven-app-per-key-changelog", PARTITIONS + 1);
        String uneven = failure(settings("uneven", Delivery.EXACTLY_ONCE).build(), counting("uneven", 0));
        assertTrue(uneven.contains("has 5 partitions") && uneven.contains("has 4"), uneven);
    }

    @Test
    void stateOfAnotherLayoutIsRefusedAtTheStart() {
        prepare("laid", 10);
        try (ProcessorApp app = ProcessorApp.start(settings("laid", Delivery.EXACTLY_ONCE).threads(2).build(),
                counting("laid", 0))) {
            awaitOutputs("laid", 10);
            assertEquals(2, app.status().threads());
        }
        Topology windowed = Topology.from("laid-in", Serdes.string(), Serdes.string()).groupByKey(Serdes.string())
                .windowedBy(TimeWindows.tumbling(Duration.ofMinutes(1))).count("per-key").forEach(record -> { });
        String changed = failure(settings("laid", Delivery.EXACTLY_ONCE).build(), windowed);
        assertTrue(changed.contains("laid-app-per-key-changelog holds the latest value of each key, format 2; step"
                + " 'per-key' has windows of 60000 ms every 60000 ms"), changed);
        prepare("old", 1);
        try (KafkaProducer<String, String> producer = stock.producer();
                Admin admin = Admin.open(broker.bootstrap())) {
            admin.createTopics(List.of(new NewTopic("old-app-per-key-changelog", PARTITIONS, NewTopic.BROKER_DEFAULT,
                    Map.of("cleanup.policy", "compact")))).values().forEach(AdminResult::get);
            var _ = producer.send(new ProducerRecord<>("old-app-per-key-changelog", "k", "12345678"));
        }
        String old = failure(settings("old", Delivery.EXACTLY_ONCE).build(), counting("old", 0));
        assertTrue(old.contains("old-app-per-key-changelog was written by an earlier version"), old);
    }

    @Test
    void moreStateThanAllowedEndsTheApplicationAndNamesTheSetting() {
        prepare("full", 100);
        String text = failure(settings("full", Delivery.EXACTLY_ONCE).maxStateBytes(500).build(), counting("full", 0));
        assertTrue(text.contains("maxStateBytes") && text.contains("500"), text);
        try (ProcessorApp app = ProcessorApp.start(settings("full", Delivery.EXACTLY_ONCE).build(),
                counting("full", 0))) {
            awaitOutputs("full", 100);
            assertEquals(1, app.status().threads());
        }
        assertCounted("full", 100);
        String restored = failure(settings("full", Delivery.EXACTLY_ONCE).maxStateBytes(500).build(),
                counting("full", 0));
        assertTrue(restored.contains("maxStateBytes"), restored);
    }
}
