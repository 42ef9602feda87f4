package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Each join beside the same one of Kafka Streams: the same random inputs to two topics (out of order, late, without a
/// key or a value) give the same outputs in the same order.
class JoinTwinTest {
    private static final int INPUTS = 1_100;
    private static final AtomicInteger THEIRS = new AtomicInteger();
    private static final org.apache.kafka.common.serialization.Serde<String> TEXT =
            org.apache.kafka.common.serialization.Serdes.String();
    private static final Serde<String> OURS = Serdes.string();

    record Input(String topic, String key, String value, long timestampMs) {
    }

    static List<Input> inputs(long seed) {
        Random random = new Random(seed);
        List<Input> inputs = new ArrayList<>();
        long nowMs = 1_000;
        for (int number = 0; number < INPUTS; number++) {
            nowMs += random.nextInt(40) == 0 ? random.nextInt(3_000) : random.nextInt(30);
            long behindMs = switch (random.nextInt(10)) {
                case 0 -> random.nextInt(3_000);
                case 1, 2, 3 -> random.nextInt(200);
                default -> 0;
            };
            inputs.add(new Input(random.nextInt(5) < 3 ? "a" : "b",
                    random.nextInt(30) == 0 ? null : "k" + random.nextInt(6),
                    random.nextInt(6) == 0 ? null : "v" + random.nextInt(50), Math.max(0, nowMs - behindMs)));
        }
        return inputs;
    }

    static List<String> theirs(List<Input> inputs,
            BiFunction<KStream<String, String>, KStream<String, String>, KStream<String, String>> steps) {
        StreamsBuilder builder = new StreamsBuilder();
        steps.apply(builder.stream("a", Consumed.with(TEXT, TEXT)), builder.stream("b", Consumed.with(TEXT, TEXT)))
                .to("out", Produced.with(TEXT, TEXT));
        Properties settings = new Properties();
        // Its folder has this name, and others may be at work beside it.
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "twin-of-joins-" + ProcessHandle.current().pid() + "-"
                + THEIRS.incrementAndGet());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put("default.dsl.store", "in_memory");
        settings.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 0L);
        Serializer<String> writer = TEXT.serializer();
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), settings)) {
            inputs.forEach(input -> driver.createInputTopic(input.topic, writer, writer)
                    .pipeInput(input.key, input.value, input.timestampMs));
            return driver.createOutputTopic("out", TEXT.deserializer(), TEXT.deserializer()).readRecordsToList()
                    .stream().map(record -> record.key() + "=" + record.value() + "@" + record.timestamp()).toList();
        }
    }

    static List<String> ours(List<Input> inputs,
            BiFunction<Stream<String, String>, Stream<String, String>, Stream<String, String>> steps) {
        Topology topology = steps.apply(Topology.from("a", OURS, OURS), Topology.from("b", OURS, OURS))
                .to("out", OURS, OURS);
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            for (Input input : inputs) {
                if (inputs.indexOf(input) % 100 == 50) {
                    driver.crashAfter(3);
                }
                driver.pipe(input.topic, OURS, OURS, input.key, input.value, input.timestampMs).run();
            }
            List<String> outputs = driver.read("out", OURS, OURS).stream().map(record -> record.key() + "="
                    + record.value() + "@" + record.timestampMs()).toList();
            driver.assertExactlyOnce();
            assertTrue(driver.crashes() > 2 || inputs.size() < INPUTS, () -> "crashes: " + driver.crashes());
            return outputs;
        }
    }

    static void assertTwins(long seed,
            BiFunction<KStream<String, String>, KStream<String, String>, KStream<String, String>> theirSteps,
            BiFunction<Stream<String, String>, Stream<String, String>, Stream<String, String>> ourSteps) {
        List<Input> inputs = inputs(seed);
        List<String> expected = theirs(inputs, theirSteps);
        assertFalse(expected.isEmpty());
        List<String> found = ours(inputs, ourSteps);
        for (int number = 0; number < Math.min(expected.size(), found.size()); number++) {
            assertEquals(expected.get(number), found.get(number), "output " + number);
        }
        assertEquals(expected.size(), found.size());
    }

    private static KTable<String, String> table(KStream<String, String> stream) {
        return stream.toTable(Materialized.with(TEXT, TEXT));
    }

    private static Table<String, String> table(String name, Stream<String, String> stream) {
        return stream.groupByKey(OURS).table(name, OURS);
    }

    private static String both(Object left, Object right) {
        return left + "+" + right;
    }

    @Test
    void aTable() {
        assertTwins(1, (a, b) -> table(a).mapValues(value -> value + "!").toStream().merge(b),
                (a, b) -> table("t", a).mapValues(value -> value + "!").toStream().merge(b));
    }

    @Test
    void streamWithTable() {
        assertTwins(2, (a, b) -> a.join(table(b), JoinTwinTest::both, Joined.with(TEXT, TEXT, TEXT)),
                (a, b) -> a.groupByKey(OURS).join("j", table("t", b), JoinTwinTest::both));
    }

    @Test
    void streamWithTableLeft() {
        assertTwins(3, (a, b) -> a.leftJoin(table(b), JoinTwinTest::both, Joined.with(TEXT, TEXT, TEXT)),
                (a, b) -> a.groupByKey(OURS).leftJoin("j", table("t", b), JoinTwinTest::both));
    }

    @Test
    void streamOfAnotherKeyWithTable() {
        assertTwins(4, (a, b) -> a.selectKey((key, value) -> value == null ? null : "k" + value.length())
                .leftJoin(table(b), JoinTwinTest::both, Joined.with(TEXT, TEXT, TEXT)),
                (a, b) -> a.selectKey(record -> record.value() == null ? null : "k" + record.value().length())
                        .groupByKey(OURS, OURS).leftJoin("j", table("t", b), JoinTwinTest::both));
    }

    @Test
    void streamWithCounts() {
        assertTwins(5, (a, b) -> a.join(b.groupByKey(Grouped.with(TEXT, TEXT)).count(), JoinTwinTest::both,
                Joined.with(TEXT, TEXT, org.apache.kafka.common.serialization.Serdes.Long())),
                (a, b) -> a.groupByKey(OURS).join("j", b.groupByKey(OURS).count("c").table(), JoinTwinTest::both));
    }

    @Test
    void tables() {
        assertTwins(6, (a, b) -> table(a).join(table(b), JoinTwinTest::both).toStream(),
                (a, b) -> table("a", a).join(table("b", b), JoinTwinTest::both).toStream());
    }

    @Test
    void tablesLeft() {
        assertTwins(7, (a, b) -> table(a).leftJoin(table(b), JoinTwinTest::both).toStream(),
                (a, b) -> table("a", a).leftJoin(table("b", b), JoinTwinTest::both).toStream());
    }

    @Test
    void tablesOuter() {
        assertTwins(8, (a, b) -> table(a).outerJoin(table(b), JoinTwinTest::both).toStream(),
                (a, b) -> table("a", a).outerJoin(table("b", b), JoinTwinTest::both).toStream());
    }

    private static final org.apache.kafka.streams.kstream.StreamJoined<String, String, String> KEPT =
            org.apache.kafka.streams.kstream.StreamJoined.with(TEXT, TEXT, TEXT);

    enum Shape {
        SAME(100, 100, 0), GRACE(80, 80, 300), BEFORE(200, 0, 50), AFTER(0, 150, 1_000), APART(300, -100, 200),
        NARROW(5, 5, 0);

        private final long beforeMs;
        private final long afterMs;
        private final long graceMs;

        Shape(long beforeMs, long afterMs, long graceMs) {
            this.beforeMs = beforeMs;
            this.afterMs = afterMs;
            this.graceMs = graceMs;
        }

        private JoinWindows ours() {
            return new JoinWindows(beforeMs, afterMs, graceMs);
        }

        private long seed() {
            return beforeMs * 31 + afterMs;
        }

        private org.apache.kafka.streams.kstream.JoinWindows theirs() {
            return org.apache.kafka.streams.kstream.JoinWindows.ofTimeDifferenceAndGrace(
                    Duration.ofMillis(Math.max(Math.abs(beforeMs), Math.abs(afterMs))),
                    Duration.ofMillis(graceMs))
                    .before(Duration.ofMillis(beforeMs)).after(Duration.ofMillis(afterMs));
        }
    }

    /// What is late meets what is still kept, in both.
    @ParameterizedTest
    @EnumSource
    void streams(Shape shape) {
        assertTwins(10 + shape.seed(), (a, b) -> a.join(b, JoinTwinTest::both, shape.theirs(), KEPT),
                (a, b) -> a.groupByKey(OURS).join("j", b.groupByKey(OURS), shape.ours(), OURS, OURS,
                        JoinTwinTest::both));
    }

    /// Times that are out of order by less than a window is open; then one that closes them all. Kafka Streams is late
    /// with results without a partner as long as others wait, so their order is not compared.
    private static List<Input> ordered(long seed, Shape shape) {
        List<Input> inputs = new ArrayList<>();
        Random random = new Random(seed);
        long nowMs = 1_000;
        long disorderMs = Math.max(1, Math.min(shape.beforeMs, shape.afterMs));
        for (Input input : inputs(seed)) {
            nowMs += random.nextInt(60);
            inputs.add(new Input(input.topic, input.key, input.value, nowMs - random.nextInt((int) disorderMs)));
        }
        inputs.add(new Input("a", "end", "x", nowMs + 100_000));
        inputs.add(new Input("b", "end", "x", nowMs + 200_000));
        inputs.add(new Input("a", "end", "x", nowMs + 300_000));
        return inputs;
    }

    private static void assertSame(List<Input> inputs,
            BiFunction<KStream<String, String>, KStream<String, String>, KStream<String, String>> theirSteps,
            BiFunction<Stream<String, String>, Stream<String, String>, Stream<String, String>> ourSteps) {
        List<String> expected = withoutEnd(theirs(inputs, theirSteps));
        assertTrue(expected.stream().anyMatch(result -> result.contains("+null")));
        assertEquals(String.join("\n", expected), String.join("\n", withoutEnd(ours(inputs, ourSteps))));
    }

    private static List<String> withoutEnd(List<String> results) {
        return results.stream().filter(result -> !result.startsWith("end")).sorted().toList();
    }

    /// The exception: out of order, a record is given up there when its window is over, here when the grace is too.
    @Test
    void whatIsOutOfOrderWaitsForTheGrace() {
        List<Input> inputs = List.of(new Input("a", "x", "x", 1_000), new Input("a", "k", "left", 700),
                new Input("b", "k", "right", 750), new Input("a", "x", "y", 9_000));
        JoinWindows windows = new JoinWindows(100, 100, 500);
        List<String> theirs = theirs(inputs, (a, b) -> a.leftJoin(b, JoinTwinTest::both,
                org.apache.kafka.streams.kstream.JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(100),
                        Duration.ofMillis(500)), KEPT));
        assertEquals(List.of("k=left+null@700", "k=left+right@750", "x=x+null@1000"), theirs);
        assertEquals(theirs.subList(1, 3), ours(inputs, (a, b) -> a.groupByKey(OURS).leftJoin("j", b.groupByKey(OURS),
                windows, OURS, OURS, JoinTwinTest::both)));
    }

    @ParameterizedTest
    @EnumSource(names = {"GRACE", "BEFORE", "APART"})
    void streamsLeft(Shape shape) {
        assertSame(ordered(20 + shape.seed(), shape),
                (a, b) -> a.leftJoin(b, JoinTwinTest::both, shape.theirs(), KEPT),
                (a, b) -> a.groupByKey(OURS).leftJoin("j", b.groupByKey(OURS), shape.ours(), OURS, OURS,
                        JoinTwinTest::both));
    }

    @ParameterizedTest
    @EnumSource(names = {"SAME", "AFTER", "APART"})
    void streamsOuter(Shape shape) {
        assertSame(ordered(30 + shape.seed(), shape),
                (a, b) -> a.outerJoin(b, JoinTwinTest::both, shape.theirs(), KEPT),
                (a, b) -> a.groupByKey(OURS).outerJoin("j", b.groupByKey(OURS), shape.ours(), OURS, OURS,
                        JoinTwinTest::both));
    }

    /// A join of joins, of counts and of values that are mapped; one side of it is the other side's table.
    @Test
    void tablesOfTables() {
        assertTwins(9, (a, b) -> {
            KTable<String, String> left = table(a);
            return left.leftJoin(b.groupByKey(Grouped.with(TEXT, TEXT)).count(), JoinTwinTest::both)
                    .mapValues(value -> value + "!").outerJoin(table(b), JoinTwinTest::both)
                    .leftJoin(left, JoinTwinTest::both).toStream();
        }, (a, b) -> {
            Table<String, String> left = table("a", a);
            return left.leftJoin(b.groupByKey(OURS).count("c").table(), JoinTwinTest::both)
                    .mapValues(value -> value + "!").outerJoin(table("b", b), JoinTwinTest::both)
                    .leftJoin(left, JoinTwinTest::both).toStream();
        });
    }
}
