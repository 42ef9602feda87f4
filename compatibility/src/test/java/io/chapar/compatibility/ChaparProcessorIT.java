package io.chapar.compatibility;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorException;
import io.chapar.processor.ProcessorState;
import io.chapar.processor.StreamRecord;
import io.chapar.processor.Topology;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.GroupState;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Processor applications against a real broker; Kafka's own clients feed them and read what came out.
class ChaparProcessorIT extends SharedBroker {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final int PARTITIONS = 4;

    ChaparProcessorIT() {
        super("group.initial.rebalance.delay.ms=0", "group.min.session.timeout.ms=500");
    }

    /// Topics `name-in` and `name-out`, and so many records in the first: values 0, 1, 2 and so on.
    private void prepare(String name, int records) throws ExecutionException, InterruptedException {
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(new NewTopic(name + "-in", PARTITIONS, (short) 1),
                    new NewTopic(name + "-out", PARTITIONS, (short) 1))).all().get();
        }
        feed(name, 0, records);
    }

    private void feed(String name, int from, int to) throws ExecutionException, InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = from; number < to; number++) {
                sent.add(producer.send(new ProducerRecord<>(name + "-in", "k" + number % 17, "" + number)));
            }
        }
        for (Future<RecordMetadata> one : sent) {
            one.get();
        }
    }

    private static Topology copy(String name, Consumer<StreamRecord<String, String>> work) {
        return Topology.from(name + "-in", Serdes.string(), Serdes.string()).peek(work)
                .to(name + "-out", Serdes.string(), Serdes.string());
    }

    private static Consumer<StreamRecord<String, String>> slowly(long millis) {
        return record -> {
            try {
                TimeUnit.MILLISECONDS.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        };
    }

    private ProcessorConfig.Builder settings(String name, Delivery delivery) {
        return ProcessorConfig.builder(broker.bootstrap(), name + "-app").delivery(delivery);
    }

    private List<String> out(String name) {
        return stock.values(name + "-out", StockClients.READ_COMMITTED);
    }

    private void awaitDistinct(String name, int count) {
        stock.awaitDistinct(name + "-out", count, LIMIT);
    }

    /// Until so many members have an equal part each; from then on nothing changes hands.
    private void awaitEvenShares(String name, int members) {
        String group = name + "-app";
        try (Admin admin = stock.admin()) {
            Awaitility.await().until(() -> {
                var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
                return described.groupState() == GroupState.STABLE && described.members().size() == members
                        && described.members().stream().allMatch(member ->
                                member.assignment().topicPartitions().size() == PARTITIONS / members);
            });
        }
    }

    private void assertOnceEach(String name, int count) {
        List<Integer> sorted = out(name).stream().map(Integer::valueOf).sorted().toList();
        assertEquals(IntStream.range(0, count).boxed().toList(), sorted);
    }

    @ParameterizedTest
    @EnumSource
    void everyModeCopiesAll(Delivery delivery) throws Exception {
        String name = "plain-" + delivery.label();
        prepare(name, 0);
        ProcessorApp app = ProcessorApp.start(settings(name, delivery).threads(2).build(), copy(name, record -> { }));
        assertTrue(app.awaitRunning(LIMIT));
        assertEquals(ProcessorState.RUNNING, app.state());
        // Records that come while partitions change hands may be tried twice, in every mode but one.
        awaitEvenShares(name, 2);
        feed(name, 0, 2_000);
        awaitDistinct(name, 2_000);
        // The status is made up every few milliseconds, not with each record.
        Awaitility.await().atMost(LIMIT).until(() -> app.status(), status -> status.recordsIn() >= 2_000);
        assertEquals(PARTITIONS, app.status().partitions());
        app.close();
        assertEquals(ProcessorState.STOPPED, app.state());
        assertOnceEach(name, 2_000);
        List<ConsumerRecord<String, String>> copies = stock.records(name + "-out", StockClients.READ_COMMITTED);
        for (String key : IntStream.range(0, 17).mapToObj(number -> "k" + number).toList()) {
            List<Integer> ofKey = copies.stream().filter(record -> record.key().equals(key))
                    .map(record -> Integer.valueOf(record.value())).toList();
            assertEquals(ofKey.stream().sorted().toList(), ofKey);
        }
        try (Admin admin = stock.admin()) {
            assertTrue(admin.describeConsumerGroups(List.of(name + "-app")).all().get().get(name + "-app").members()
                    .isEmpty());
        }
    }

    /// Of 17 keys one hangs: the others are written and committed meanwhile, and a successor does not write them again.
    @Test
    void aRecordThatHangsHoldsUpNoOtherKey() throws Exception {
        prepare("hanging", 200);
        CountDownLatch never = new CountDownLatch(1);
        Consumer<StreamRecord<String, String>> hangs = record -> {
            if (record.value().equals("0")) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        ProcessorConfig config = settings("hanging", Delivery.EXACTLY_ONCE).parallel(50).closeTimeoutMs(300).build();
        try (ProcessorApp first = ProcessorApp.start(config, copy("hanging", hangs))) {
            awaitDistinct("hanging", 188);
            assertEquals(ProcessorState.RUNNING, first.state());
        }
        assertFalse(out("hanging").contains("17"), "it has the key of the record that hangs");
        try (ProcessorApp second = ProcessorApp.start(config, copy("hanging", record -> { }))) {
            awaitDistinct("hanging", 200);
            assertEquals(ProcessorState.RUNNING, second.state());
        }
        assertOnceEach("hanging", 200);
    }

    /// 1,000 keys in one partition, of which 256 are worked on at a time for 20 ms each; broker and application are
    /// killed in turn.
    @Test
    @Tag("nightly")
    void manyKeysInOnePartitionAreCopiedOnceThroughKills() throws Exception {
        int records = 12_000;
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(new NewTopic("keys-in", 1, (short) 1), new NewTopic("keys-out", 1, (short) 1)))
                    .all().get();
        }
        try (KafkaProducer<String, String> producer = stock.producer()) {
            for (int number = 0; number < records; number++) {
                var _ = producer.send(new ProducerRecord<>("keys-in", "k" + number % 1_000, "" + number));
            }
        }
        AtomicInteger together = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Consumer<StreamRecord<String, String>> call = record -> {
            most.accumulateAndGet(together.incrementAndGet(), Math::max);
            try {
                slowly(20).accept(record);
            } finally {
                together.decrementAndGet();
            }
        };
        for (int life = 0; life < 10; life++) {
            try (ProcessorApp app = ProcessorApp.start(settings("keys", Delivery.EXACTLY_ONCE).parallel(256)
                    .instanceName("one").closeTimeoutMs(0).build(), copy("keys", call))) {
                Awaitility.await().atMost(LIMIT).until(() -> app.status().recordsOut() > 500);
                if (life % 2 == 0) {
                    broker.kill();
                    broker.start();
                }
            }
        }
        try (ProcessorApp last = ProcessorApp.start(settings("keys", Delivery.EXACTLY_ONCE).parallel(256)
                .instanceName("one").build(), copy("keys", call))) {
            awaitDistinct("keys", records);
            assertEquals(ProcessorState.RUNNING, last.state());
        }
        assertOnceEach("keys", records);
        assertTrue(most.get() > 50, () -> "at most " + most + " at a time");
        Map<String, Integer> latest = new TreeMap<>();
        for (ConsumerRecord<String, String> copied : stock.records("keys-out", StockClients.READ_COMMITTED)) {
            int value = Integer.parseInt(copied.value());
            Integer before = latest.put(copied.key(), value);
            assertTrue(before == null || before < value, () -> copied.key() + " out of order");
        }
    }

    @Test
    void instancesComeAndGo() throws Exception {
        String name = "moving";
        prepare(name, 1_000);
        ProcessorConfig config = settings(name, Delivery.EXACTLY_ONCE).build();
        Topology topology = copy(name, slowly(1));
        ProcessorApp first = ProcessorApp.start(config, topology);
        try (ProcessorApp second = ProcessorApp.start(config, topology)) {
            assertTrue(first.awaitRunning(LIMIT));
            assertTrue(second.awaitRunning(LIMIT));
            Awaitility.await().atMost(LIMIT).until(() -> second.status().partitions() == PARTITIONS / 2);
            feed(name, 1_000, 1_500);
            Awaitility.await().atMost(LIMIT).until(() -> second.status().recordsOut() > 50);
            first.close();
            try (ProcessorApp third = ProcessorApp.start(config, topology)) {
                assertTrue(third.awaitRunning(LIMIT));
                feed(name, 1_500, 2_000);
                awaitDistinct(name, 2_000);
            }
        }
        assertOnceEach(name, 2_000);
    }

    @Test
    void theBrokerDiesAndComesBack() throws Exception {
        String name = "killed";
        prepare(name, 5_000);
        AtomicInteger workMs = new AtomicInteger(3);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).threads(2).build(),
                copy(name, record -> slowly(workMs.get()).accept(record)))) {
            assertTrue(app.awaitRunning(LIMIT));
            for (int kill = 0; kill < 3; kill++) {
                long before = app.status().recordsOut();
                Awaitility.await().atMost(LIMIT).untilAsserted(() ->
                        assertTrue(app.status().recordsOut() > before + 150, () -> app.status().toString()));
                broker.kill();
                broker.start();
            }
            workMs.set(0);
            awaitDistinct(name, 5_000);
        }
        assertOnceEach(name, 5_000);
    }

    @Test
    void aTransactionOpenForTooLongIsMadeAgain() throws Exception {
        String name = "overdue";
        prepare(name, 40);
        CountDownLatch slept = new CountDownLatch(1);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).transactionTimeoutMs(1_000)
                .build(), copy(name, record -> {
                    if (slept.getCount() > 0 && Integer.parseInt(record.value()) == 20) {
                        slept.countDown();
                        // Until the broker has aborted the transaction.
                        slowly(3_000).accept(record);
                    }
                }))) {
            awaitDistinct(name, 40);
            Awaitility.await().atMost(LIMIT).until(() -> app.status().aborts() > 0);
        }
        assertOnceEach(name, 40);
    }

    @Test
    void oneOfTwoWithTheSameNameStops() throws Exception {
        String name = "twins";
        prepare(name, 10);
        ProcessorConfig config = settings(name, Delivery.EXACTLY_ONCE).instanceName("one").build();
        ProcessorApp first = ProcessorApp.start(config, copy(name, record -> { }));
        awaitDistinct(name, 10);
        try (ProcessorApp second = ProcessorApp.start(config, copy(name, record -> { }))) {
            assertTrue(second.awaitRunning(LIMIT));
            feed(name, 10, 200);
            ProcessorException failure = assertThrows(ProcessorException.class, first::awaitStopped);
            assertNotNull(failure.getCause());
            assertEquals(ProcessorState.FAILED, first.state());
            awaitDistinct(name, 200);
        } finally {
            first.close();
        }
        assertOnceEach(name, 200);
    }

    @Test
    void poisonGoesToTheDeadLetters() throws Exception {
        String name = "poison";
        prepare(name, 50);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE)
                .onError(ErrorPolicy.deadLetter(name + "-dead", 1)).build(), copy(name, record -> {
                    if (record.value().equals("13")) {
                        throw new IllegalArgumentException("bad luck");
                    }
                }))) {
            awaitDistinct(name, 49);
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertEquals(1, app.status().skipped()));
        }
        List<ConsumerRecord<String, String>> dead = stock.records(name + "-dead", StockClients.READ_COMMITTED);
        assertEquals(List.of("13"), dead.stream().map(ConsumerRecord::value).toList());
        String error = new String(dead.getFirst().headers().lastHeader(ErrorPolicy.HEADER_PREFIX + "error").value(),
                StandardCharsets.UTF_8);
        assertTrue(error.contains("bad luck"), error);
        assertFalse(out(name).contains("13"));
    }

    /// Too large for the topic though not for the producer, too large for both, no topic's name, and one without a key
    /// for a topic that wants keys.
    @ParameterizedTest
    @EnumSource
    void refusedOutputsGoToTheDeadLetters(Delivery delivery) throws Exception {
        String name = "refused-" + delivery.label();
        prepare(name, 200);
        try (Admin admin = stock.admin()) {
            admin.createTopics(List.of(
                    new NewTopic(name + "-small", 1, (short) 1).configs(Map.of("max.message.bytes", "2000")),
                    new NewTopic(name + "-keyed", 1, (short) 1).configs(Map.of("cleanup.policy", "compact")))).all()
                    .get();
        }
        Topology topology = Topology.from(name + "-in", Serdes.string(), Serdes.string())
                .map(record -> switch (record.value()) {
                    case "13" -> record.withValue("x".repeat(5_000));
                    case "14" -> record.withValue("x".repeat(1_200_000));
                    case "16" -> record.<String, String>with(null, "16");
                    default -> record;
                })
                .to(record -> switch (record.value()) {
                    case "15" -> "bad name!";
                    case "16", "17" -> name + "-keyed";
                    case String value -> value.startsWith("xx") ? name + "-small" : name + "-out";
                }, Serdes.string(), Serdes.string());
        try (ProcessorApp app = ProcessorApp.start(settings(name, delivery)
                .onError(ErrorPolicy.deadLetter(name + "-dead", 0)).build(), topology)) {
            awaitDistinct(name, 195);
            stock.awaitDistinct(name + "-dead", 4, LIMIT);
            assertEquals(ProcessorState.RUNNING, app.state());
        }
        List<ConsumerRecord<String, String>> dead = stock.records(name + "-dead", StockClients.READ_COMMITTED);
        assertTrue(dead.stream().map(ConsumerRecord::value).toList().containsAll(List.of("13", "14", "15", "16")));
        if (delivery == Delivery.EXACTLY_ONCE) {
            assertEquals(4, dead.size());
            assertEquals(195, out(name).size());
        }
    }

    @Test
    void anErrorOfTheProgramShowsInTheStatus() throws Exception {
        String name = "no-class";
        prepare(name, 1);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE)
                .onError(ErrorPolicy.skip(0)).build(), copy(name, record -> {
                    throw new NoClassDefFoundError("some/Missing");
                }))) {
            ProcessorException failure = assertThrows(ProcessorException.class, app::awaitStopped);
            assertEquals(NoClassDefFoundError.class, failure.getCause().getClass());
            assertEquals(ProcessorState.FAILED, app.state());
            assertNotNull(app.status().lastError());
        }
    }

    @Test
    void aFunctionThatIsAlwaysTooSlowIsNamed() throws Exception {
        String name = "too-slow";
        prepare(name, 3);
        try (ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE)
                .consumer("max.poll.interval.ms", 500).consumer("max.poll.records", 1).closeTimeoutMs(100).build(),
                copy(name, slowly(1_500)))) {
            assertTrue(app.awaitRunning(LIMIT));
            // At work, and when it has learnt what came of that.
            for (String text : List.of("at work on the record at offset ", "took longest")) {
                Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(5)).until(() -> {
                    Throwable last = app.status().lastError();
                    return last != null && last.getMessage().contains("max.poll.interval.ms (500)")
                            && last.getMessage().contains(text);
                });
            }
            assertEquals(0, app.status().commits());
        }
    }

    @Test
    void aFailureStopsTheApplicationAndCommitsNothing() throws Exception {
        String name = "failing";
        prepare(name, 20);
        // Nothing is due before the failure, however slowly the records come.
        ProcessorConfig seldom = settings(name, Delivery.EXACTLY_ONCE)
                .commitIntervalMs(60_000).transactionTimeoutMs(120_000).build();
        ProcessorApp app = ProcessorApp.start(seldom,
                copy(name, record -> {
                    if (record.value().equals("19")) {
                        throw new IllegalArgumentException("no further");
                    }
                }));
        ProcessorException failure = assertThrows(ProcessorException.class, app::awaitStopped);
        assertEquals("no further", failure.getCause().getMessage());
        assertEquals(ProcessorState.FAILED, app.state());
        app.close();
        assertEquals(List.of(), out(name));
        try (ProcessorApp again = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).build(),
                copy(name, record -> { }))) {
            awaitDistinct(name, 20);
            Awaitility.await().atMost(LIMIT).untilAsserted(() -> assertEquals(20, again.status().recordsIn()));
        }
        assertOnceEach(name, 20);
    }

    @Test
    void aFunctionThatHangsIsInterruptedAtTheEnd() throws Exception {
        String name = "hanging-one";
        prepare(name, 5);
        CountDownLatch hanging = new CountDownLatch(1);
        ProcessorApp app = ProcessorApp.start(settings(name, Delivery.EXACTLY_ONCE).closeTimeoutMs(300).build(),
                copy(name, record -> {
                    hanging.countDown();
                    slowly(600_000).accept(record);
                }));
        assertTrue(hanging.await(90, TimeUnit.SECONDS));
        app.close();
        assertEquals(ProcessorState.STOPPED, app.state());
        assertEquals(List.of(), out(name));
    }
}
