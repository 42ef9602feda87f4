package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KGroupedStream;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Each operation beside the same one of Kafka Streams: the same random inputs (out of order, late, without a key or a
/// value) give the same outputs in the same order. Exceptions are those of docs/processing.md: records without a value
/// are passed over in windows too.
class KafkaStreamsTwinTest {
    private static final int INPUTS = 1_100;
    static final org.apache.kafka.common.serialization.Serde<String> TEXT =
            org.apache.kafka.common.serialization.Serdes.String();

    /// Each has a folder of its own.
    private static final AtomicInteger TWINS = new AtomicInteger();

    private record Input(String key, String value, long timestampMs) {
    }

    /// Time goes on, with jumps, and up to a tenth of all records are far behind.
    private static List<Input> inputs(long seed) {
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
            inputs.add(new Input(random.nextInt(30) == 0 ? null : "k" + random.nextInt(6),
                    random.nextInt(15) == 0 ? null : Integer.toString(random.nextInt(50)),
                    Math.max(0, nowMs - behindMs)));
        }
        return inputs;
    }

    private static List<String> theirs(List<Input> inputs, boolean times,
            Function<KStream<String, String>, KStream<String, String>> steps) {
        StreamsBuilder builder = new StreamsBuilder();
        steps.apply(builder.stream("in", Consumed.with(TEXT, TEXT))).to("out", Produced.with(TEXT, TEXT));
        return theirs(inputs, times, builder);
    }

    /// Key, value and perhaps time of each record of topic `out`.
    private static List<String> theirs(List<Input> inputs, boolean times, StreamsBuilder builder) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "twin-of-streams-" + TWINS.incrementAndGet());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put("default.dsl.store", "in_memory");
        settings.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);
        Serializer<String> writer = TEXT.serializer();
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), settings)) {
            TestInputTopic<String, String> in = driver.createInputTopic("in", writer, writer);
            inputs.forEach(input -> in.pipeInput(input.key, input.value, input.timestampMs));
            return driver.createOutputTopic("out", TEXT.deserializer(), TEXT.deserializer()).readRecordsToList()
                    .stream().map(record -> text(record, times)).toList();
        }
    }

    private static String text(TestRecord<String, String> record, boolean times) {
        return record.key() + "=" + record.value() + (times ? "@" + record.timestamp() : "");
    }

    private static List<String> ours(List<Input> inputs, boolean times,
            Function<Stream<String, String>, Stream<String, String>> steps) {
        Serde<String> text = Serdes.string();
        return ours(inputs, times, steps.apply(Topology.from("in", text, text)).to("out", text, text));
    }

    private static List<String> ours(List<Input> inputs, boolean times, Topology topology) {
        Serde<String> text = Serdes.string();
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            inputs.forEach(input -> driver.pipe("in", text, text, input.key, input.value, input.timestampMs));
            // Now and then everything is read from the changelogs again.
            for (int crash = 0; crash < 20; crash++) {
                driver.crashAfter(1 + crash * 211);
            }
            List<String> outputs = driver.run().read("out", text, text).stream().map(record -> record.key() + "="
                    + record.value() + (times ? "@" + record.timestampMs() : "")).toList();
            driver.assertExactlyOnce();
            assertTrue(driver.crashes() > (inputs.size() < INPUTS ? 0 : 2), () -> "crashes: " + driver.crashes());
            return outputs;
        }
    }

    static void assertTwins(long seed, boolean times,
            Function<KStream<String, String>, KStream<String, String>> theirSteps,
            Function<Stream<String, String>, Stream<String, String>> ourSteps) {
        List<Input> inputs = inputs(seed);
        List<String> expected = theirs(inputs, times, theirSteps);
        assertFalse(expected.isEmpty());
        assertEquals(expected, ours(inputs, times, ourSteps));
    }

    /// What a topology from `in` to `out` gives.
    static void assertTwins(long seed, Consumer<StreamsBuilder> theirs, Topology ours) {
        List<Input> inputs = inputs(seed);
        StreamsBuilder builder = new StreamsBuilder();
        theirs.accept(builder);
        List<String> expected = theirs(inputs, true, builder);
        assertFalse(expected.isEmpty());
        assertEquals(expected, ours(inputs, true, ours));
    }

    static KGroupedStream<String, String> grouped(KStream<String, String> stream) {
        return stream.groupByKey(Grouped.with(TEXT, TEXT));
    }

    static KeyedStream<String, String> keyed(Stream<String, String> stream) {
        return stream.groupByKey(Serdes.string());
    }

    static KStream<String, String> texts(KTable<String, ?> table) {
        return table.toStream().mapValues(value -> value == null ? null : value.toString());
    }

    static <V> Stream<String, String> texts(Stream<String, V> stream) {
        return stream.mapValues(value -> value == null ? null : value.toString());
    }

    @Test
    void count() {
        assertTwins(1, true, in -> texts(grouped(in).count()), in -> texts(keyed(in).count("c")));
    }

    @Test
    void reduce() {
        assertTwins(2, true, in -> texts(grouped(in).reduce((a, b) -> b + a.substring(0, 1))),
                in -> keyed(in).reduce("r", Serdes.string(), (a, b) -> b + a.substring(0, 1)));
    }

    @Test
    void aggregateThatRemovesKeys() {
        assertTwins(3, true, in -> texts(grouped(in).aggregate(() -> "",
                (key, value, all) -> all.length() > 9 ? null : all + value, Materialized.with(TEXT, TEXT))),
                in -> keyed(in).aggregate("a", Serdes.string(), () -> "",
                        (key, value, all) -> all.length() > 9 ? null : all + value));
    }

    @Test
    void branches() {
        assertTwins(18, true, in -> {
            Map<String, KStream<String, String>> split = in.split(Named.as("s-"))
                    .branch((key, value) -> value == null, Branched.as("none"))
                    .branch((key, value) -> value.length() > 1, Branched.as("long")).defaultBranch(Branched.as("rest"));
            return split.get("s-none").mapValues(value -> "none").merge(split.get("s-long").mapValues(v -> v + "!"))
                    .merge(split.get("s-rest"));
        }, in -> {
            List<Stream<String, String>> split = in.split(record -> record.value() == null,
                    record -> record.value().length() > 1);
            return split.get(0).mapValues(value -> "none").merge(split.get(1).mapValues(value -> value + "!"))
                    .merge(split.get(2));
        });
    }

    @Test
    void countByAnotherKey() {
        assertTwins(4, true, in -> texts(in.groupBy((key, value) -> value == null ? null : "v" + value.length(),
                Grouped.with(TEXT, TEXT)).count()),
                in -> texts(in.groupBy(record -> record.value() == null ? null : "v" + record.value().length(),
                        Serdes.string(), Serdes.string()).count("c")));
    }

    enum Shape {
        TUMBLING(500, 500, 0), GRACE(500, 500, 700), HOPPING(600, 200, 300), UNEVEN(700, 300, 0);

        private final long sizeMs;
        private final long advanceMs;
        private final long graceMs;

        Shape(long sizeMs, long advanceMs, long graceMs) {
            this.sizeMs = sizeMs;
            this.advanceMs = advanceMs;
            this.graceMs = graceMs;
        }

        TimeWindows ours() {
            return new TimeWindows(sizeMs, advanceMs, graceMs);
        }

        org.apache.kafka.streams.kstream.TimeWindows theirs() {
            return org.apache.kafka.streams.kstream.TimeWindows.ofSizeAndGrace(Duration.ofMillis(sizeMs),
                    Duration.ofMillis(graceMs)).advanceBy(Duration.ofMillis(advanceMs));
        }
    }

    static <V> KStream<String, String> unwindowed(
            KTable<org.apache.kafka.streams.kstream.Windowed<String>, V> table) {
        return table.toStream().map((key, value) -> KeyValue.pair(key.key() + "[" + key.window().start() + ","
                + key.window().end() + ")", value == null ? null : value.toString()));
    }

    static <V> Stream<String, String> unwindowed(Stream<Windowed<String>, V> stream) {
        return stream.map(record -> record.with(record.key().key() + "[" + record.key().startMs() + ","
                + record.key().endMs() + ")", record.value() == null ? null : record.value().toString()));
    }

    static org.apache.kafka.streams.kstream.SlidingWindows sliding(long differenceMs, long graceMs) {
        return org.apache.kafka.streams.kstream.SlidingWindows.ofTimeDifferenceAndGrace(
                Duration.ofMillis(differenceMs), Duration.ofMillis(graceMs));
    }

    static <S extends StateStore> Materialized<String, String, S> kept() {
        return Materialized.<String, String, S>with(TEXT, TEXT).withRetention(Duration.ofMinutes(10));
    }

    @ParameterizedTest
    @CsvSource({"200,0", "150,400", "2000,100", "1,5"})
    void slidingAggregate(long differenceMs, long graceMs) {
        assertTwins(11 + differenceMs, true, in -> unwindowed(withValues(in).windowedBy(sliding(differenceMs, graceMs))
                .aggregate(() -> "", (key, value, all) -> all.length() > 12 ? null : all + "," + value,
                        KafkaStreamsTwinTest.<WindowStore<Bytes, byte[]>>kept())),
                in -> unwindowed(keyed(in).windowedBy(new SlidingWindows(differenceMs, graceMs)).aggregate("a",
                        Serdes.string(), () -> "", (key, value, all) -> all.length() > 12 ? null : all + "," + value)));
    }

    @ParameterizedTest
    @CsvSource({"200,0", "150,400"})
    void slidingOnceTheWindowHasClosed(long differenceMs, long graceMs) {
        assertTwins(12, true, in -> unwindowed(withValues(in).windowedBy(sliding(differenceMs, graceMs))
                .emitStrategy(EmitStrategy.onWindowClose()).reduce((a, b) -> a + "," + b,
                        KafkaStreamsTwinTest.<WindowStore<Bytes, byte[]>>kept())),
                in -> unwindowed(keyed(in).windowedBy(new SlidingWindows(differenceMs, graceMs)).emitFinal()
                        .reduce("r", Serdes.string(), (a, b) -> a + "," + b)));
    }

    static org.apache.kafka.streams.kstream.SessionWindows sessions(long gapMs, long graceMs) {
        return org.apache.kafka.streams.kstream.SessionWindows.ofInactivityGapAndGrace(Duration.ofMillis(gapMs),
                Duration.ofMillis(graceMs));
    }

    /// By default Kafka Streams forgets a session 1 ms before it closes.
    @ParameterizedTest
    @CsvSource({"50,0", "100,300", "30,3000"})
    void sessionAggregate(long gapMs, long graceMs) {
        assertTwins(13 + gapMs, true, in -> unwindowed(withValues(in).windowedBy(sessions(gapMs, graceMs))
                .aggregate(() -> "", (key, value, all) -> all.length() > 12 ? null : all + "," + value,
                        (key, one, other) -> one + ";" + other, KafkaStreamsTwinTest
                                .<SessionStore<Bytes, byte[]>>kept()
                                .withRetention(Duration.ofMillis(gapMs + graceMs + 1)))),
                in -> unwindowed(keyed(in).windowedBy(new SessionWindows(gapMs, graceMs)).aggregate("a",
                        Serdes.string(), () -> "", (key, value, all) -> all.length() > 12 ? null : all + "," + value,
                        (key, one, other) -> one + ";" + other)));
    }

    @Test
    void sessionsCounted() {
        assertTwins(14, true, in -> unwindowed(withValues(in).windowedBy(sessions(100, 300)).count()),
                in -> unwindowed(keyed(in).windowedBy(new SessionWindows(100, 300)).count("c")));
    }

    /// Kafka Streams' stores have to keep sessions for longer to give them; then it goes on with one that has closed.
    /// These inputs have no record for one.
    @ParameterizedTest
    @CsvSource({"100,300", "20,3000"})
    void sessionsOnceTheyHaveClosed(long gapMs, long graceMs) {
        assertTwins(16, true, in -> unwindowed(withValues(in).windowedBy(sessions(gapMs, graceMs))
                .emitStrategy(EmitStrategy.onWindowClose()).reduce((a, b) -> a + "," + b,
                        KafkaStreamsTwinTest.<SessionStore<Bytes, byte[]>>kept())),
                in -> unwindowed(keyed(in).windowedBy(new SessionWindows(gapMs, graceMs)).emitFinal()
                        .reduce("r", Serdes.string(), (a, b) -> a + "," + b)));
    }

    static KGroupedStream<String, String> withValues(KStream<String, String> stream) {
        return grouped(stream.filter((key, value) -> value != null));
    }

    @ParameterizedTest
    @EnumSource
    void windowedCount(Shape shape) {
        assertTwins(5, true, in -> unwindowed(withValues(in).windowedBy(shape.theirs()).count()),
                in -> unwindowed(keyed(in).windowedBy(shape.ours()).count("c")));
    }

    @ParameterizedTest
    @EnumSource
    void windowedReduce(Shape shape) {
        assertTwins(6, true, in -> unwindowed(withValues(in).windowedBy(shape.theirs()).reduce((a, b) -> a + "," + b)),
                in -> unwindowed(keyed(in).windowedBy(shape.ours()).reduce("r", Serdes.string(),
                        (a, b) -> a + "," + b)));
    }

    @ParameterizedTest
    @EnumSource
    void windowedAggregateThatRemoves(Shape shape) {
        assertTwins(7, true, in -> unwindowed(withValues(in).windowedBy(shape.theirs()).aggregate(() -> "",
                (key, value, all) -> all.length() > 5 ? null : all + value, Materialized.with(TEXT, TEXT))),
                in -> unwindowed(keyed(in).windowedBy(shape.ours()).aggregate("a", Serdes.string(), () -> "",
                        (key, value, all) -> all.length() > 5 ? null : all + value)));
    }

    /// With their default retention, Kafka Streams' stores in memory forget windows that one record both closes and
    /// outdates, before their result is given: here they keep them for longer.
    @ParameterizedTest
    @EnumSource
    void windowedCountOnceTheWindowHasClosed(Shape shape) {
        assertTwins(8, true, in -> unwindowed(withValues(in).windowedBy(shape.theirs())
                .emitStrategy(EmitStrategy.onWindowClose()).count(Materialized
                        .<String, Long, WindowStore<Bytes, byte[]>>with(TEXT,
                                org.apache.kafka.common.serialization.Serdes.Long())
                        .withRetention(Duration.ofMinutes(10)))),
                in -> unwindowed(keyed(in).windowedBy(shape.ours()).emitFinal().count("c")));
    }

    /// The exception: what has no value changes no window here.
    @Test
    void recordsWithoutAValueAreCountedThereAlone() {
        List<Input> inputs = List.of(new Input("k", "v", 1), new Input("k", null, 2), new Input("k", "v", 3));
        List<String> theirs = theirs(inputs, false, in ->
                unwindowed(grouped(in).windowedBy(Shape.TUMBLING.theirs()).count()));
        assertEquals(List.of("k[0,500)=1", "k[0,500)=2", "k[0,500)=3"), theirs);
        assertEquals(theirs.subList(0, 2), ours(inputs, false, in ->
                unwindowed(keyed(in).windowedBy(Shape.TUMBLING.ours()).count("c"))));
    }

    @Test
    void windowsOfAnotherKey() {
        assertTwins(9, true, in -> unwindowed(in.filter((key, value) -> value != null)
                .groupBy((key, value) -> "v" + value.length(), Grouped.with(TEXT, TEXT))
                .windowedBy(Shape.HOPPING.theirs()).count()),
                in -> unwindowed(in.filter(record -> record.value() != null)
                        .groupBy(record -> "v" + record.value().length(), Serdes.string(), Serdes.string())
                        .windowedBy(Shape.HOPPING.ours()).count("c")));
    }

    /// How many records a key had, told 100 ms of stream time after the last of them.
    private static final class TheirIdle implements Processor<String, String, String, String> {
        private ProcessorContext<String, String> context;
        private KeyValueStore<String, String> rows;
        private long streamTime = -1;

        @Override
        public void init(ProcessorContext<String, String> given) {
            context = given;
            rows = given.getStateStore("rows");
        }

        @Override
        public void process(Record<String, String> record) {
            if (record.key() == null) {
                return;
            }
            streamTime = Math.max(streamTime, record.timestamp());
            String row = rows.get(record.key());
            long count = row == null ? 1 : Long.parseLong(row.split("@")[0]) + 1;
            rows.put(record.key(), count + "@" + (record.timestamp() + 100));
            context.forward(record.withValue("now " + count));
            TreeMap<Long, TreeSet<String>> due = new TreeMap<>();
            try (KeyValueIterator<String, String> all = rows.all()) {
                all.forEachRemaining(one -> due.computeIfAbsent(Long.parseLong(one.value.split("@")[1]),
                        time -> new TreeSet<>()).add(one.key));
            }
            due.headMap(streamTime, true).forEach((time, keys) -> keys.forEach(key -> {
                context.forward(new Record<>(key, "had " + rows.get(key).split("@")[0], time));
                rows.delete(key);
            }));
        }
    }

    @Test
    void aStepOfTheUsersOwn() {
        ValueState<Long> count = ValueState.named("count", Serdes.int64());
        KeyTimer idle = KeyTimer.inStreamTime("idle");
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) -> {
            Long before = context.get(count);
            context.set(count, before == null ? 1 : before + 1);
            context.set(idle, record.timestampMs() + 100);
            context.emit("now " + context.get(count));
        }).on(idle, (timeMs, context) -> {
            context.emit("had " + context.get(count));
            context.set(count, null);
        });
        assertTwins(10, true, in -> in.process(new ProcessorSupplier<String, String, String, String>() {
            @Override
            public Processor<String, String, String, String> get() {
                return new TheirIdle();
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("rows"), TEXT, TEXT));
            }
        }), in -> keyed(in).process("p", process));
    }

    /// What comes when sessions close is what they had at last.
    @ParameterizedTest
    @CsvSource({"50,0", "100,300"})
    void finalResultsOfSessionsAreTheLastOnes(long gapMs, long graceMs) {
        List<Input> inputs = inputs(17);
        inputs.add(new Input("end", "x", 1_000_000));
        TreeMap<String, String> last = new TreeMap<>();
        for (String result : ours(inputs, false, in -> unwindowed(keyed(in).windowedBy(
                new SessionWindows(gapMs, graceMs)).reduce("r", Serdes.string(), (a, b) -> a + "," + b)))) {
            String[] parts = result.split("=", 2);
            last.put(parts[0], parts[1]);
        }
        last.keySet().removeIf(session -> session.startsWith("end") || last.get(session).equals("null"));
        assertEquals(last.entrySet().stream().map(Object::toString).toList(), ours(inputs, false, in ->
                unwindowed(keyed(in).windowedBy(new SessionWindows(gapMs, graceMs)).emitFinal()
                        .reduce("r", Serdes.string(), (a, b) -> a + "," + b))).stream().sorted().toList());
    }
}
