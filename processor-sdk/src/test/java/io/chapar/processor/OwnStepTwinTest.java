package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What functions keep in maps and lists, timers by the wall clock, and what comes too late for windows, beside the
/// same made with stores and punctuators of Kafka Streams.
class OwnStepTwinTest {
    private static final org.apache.kafka.common.serialization.Serde<String> TEXT =
            org.apache.kafka.common.serialization.Serdes.String();
    private static final Serde<String> OURS = Serdes.string();
    private static final int MOST_LISTED = 3;
    private static final long WAIT_MS = 10_000;
    private static final Duration STEP = Duration.ofMillis(4_000);

    private record With(Supplier<Processor<String, String, String, String>> step, List<String> names)
            implements ProcessorSupplier<String, String, String, String> {
        @Override
        public Processor<String, String, String, String> get() {
            return step.get();
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.copyOf(names.stream().map(name -> Stores.keyValueStoreBuilder(
                    Stores.inMemoryKeyValueStore(name), TEXT, TEXT)).toList());
        }
    }

    private static List<KeyValue<String, String>> rows(KeyValueStore<String, String> store, String key) {
        List<KeyValue<String, String>> rows = new ArrayList<>();
        try (KeyValueIterator<String, String> all = store.range(key + "/", key + "0")) {
            all.forEachRemaining(rows::add);
        }
        return rows;
    }

    /// How often a key had each value, and its last ones.
    private static final class TheirCollections implements Processor<String, String, String, String> {
        private ProcessorContext<String, String> context;
        private KeyValueStore<String, String> map;
        private KeyValueStore<String, String> list;
        private int number;

        @Override
        public void init(ProcessorContext<String, String> given) {
            context = given;
            map = given.getStateStore("map");
            list = given.getStateStore("list");
        }

        @Override
        public void process(Record<String, String> record) {
            String key = record.key();
            if (key == null) {
                return;
            }
            if (record.value() == null) {
                rows(map, key).forEach(row -> map.delete(row.key));
                rows(list, key).forEach(row -> list.delete(row.key));
            } else {
                String inner = key + "/" + record.value();
                String before = map.get(inner);
                map.put(inner, before == null ? "1" : Integer.toString(Integer.parseInt(before) + 1));
                list.put(key + "/" + String.format("%08d", number++), record.value());
                List<KeyValue<String, String>> listed = rows(list, key);
                if (listed.size() > MOST_LISTED) {
                    list.delete(listed.getFirst().key);
                }
            }
            Map<String, String> counts = new LinkedHashMap<>();
            rows(map, key).forEach(row -> counts.put(row.key.substring(key.length() + 1), row.value));
            context.forward(record.withValue(counts + " " + rows(list, key).stream().map(row -> row.value).toList()));
        }
    }

    @Test
    void mapsAndLists() {
        MapState<String, Integer> map = MapState.named("map", OURS, Serdes.int32());
        ListState<String> list = ListState.named("list", OURS);
        KeyProcess<String, String, String> process = KeyProcess.of((record, context) -> {
            MapState.Entries<String, Integer> counts = context.of(map);
            ListState.Items<String> listed = context.of(list);
            if (record.value() == null) {
                counts.clear();
                listed.clear();
            } else {
                Integer before = counts.get(record.value());
                counts.put(record.value(), before == null ? 1 : before + 1);
                listed.add(record.value());
                if (listed.all().size() > MOST_LISTED) {
                    listed.removeFirst();
                }
            }
            context.emit(counts.all() + " " + listed.all());
        });
        JoinTwinTest.assertTwins(130, (a, b) -> a.merge(b).process(new With(TheirCollections::new,
                List.of("map", "list"))), (a, b) -> a.merge(b).groupByKey(OURS).process("p", process));
    }

    /// How many records a key had before it had none for a while.
    private static final class TheirIdle implements Processor<String, String, String, String> {
        private ProcessorContext<String, String> context;
        private KeyValueStore<String, String> rows;

        @Override
        public void init(ProcessorContext<String, String> given) {
            context = given;
            rows = given.getStateStore("rows");
            given.schedule(Duration.ofMillis(1), PunctuationType.WALL_CLOCK_TIME, this::fire);
        }

        @Override
        public void process(Record<String, String> record) {
            String row = record.key() == null ? null : rows.get(record.key());
            if (record.key() != null) {
                rows.put(record.key(), count(row) + 1 + "@" + (context.currentSystemTimeMs() + WAIT_MS));
            }
        }

        private static int count(String row) {
            return row == null ? 0 : Integer.parseInt(row.split("@")[0]);
        }

        private static long due(KeyValue<String, String> row) {
            return Long.parseLong(row.value.split("@")[1]);
        }

        private void fire(long nowMs) {
            List<KeyValue<String, String>> due = new ArrayList<>();
            try (KeyValueIterator<String, String> all = rows.all()) {
                all.forEachRemaining(row -> {
                    if (due(row) <= nowMs) {
                        due.add(row);
                    }
                });
            }
            due.sort(Comparator.comparingLong(TheirIdle::due).thenComparing(row -> row.key));
            due.forEach(row -> {
                rows.delete(row.key);
                context.forward(new Record<>(row.key, "had " + count(row.value), 0));
            });
        }
    }

    private static TopologyTestDriver theirs(String name, StreamsBuilder builder) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "twin-of-" + name + "-" + ProcessHandle.current().pid());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put("default.dsl.store", "in_memory");
        return new TopologyTestDriver(builder.build(), settings);
    }

    /// A little, so that no two timers are due at once; or so much that what else passes makes no difference.
    private static Duration stepAfter(int number) {
        return number % 4 == 3 ? STEP : Duration.ofMillis(1);
    }

    @Test
    void timersByTheWallClock() {
        List<JoinTwinTest.Input> inputs = JoinTwinTest.inputs(131);
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(TEXT, TEXT)).process(new With(TheirIdle::new, List.of("rows")))
                .to("out", Produced.with(TEXT, TEXT));
        List<String> expected = new ArrayList<>();
        Serializer<String> writer = TEXT.serializer();
        try (TopologyTestDriver driver = theirs("clocks", builder)) {
            TestInputTopic<String, String> in = driver.createInputTopic("in", writer, writer);
            for (int number = 0; number < inputs.size(); number++) {
                in.pipeInput(inputs.get(number).key(), inputs.get(number).value());
                driver.advanceWallClockTime(stepAfter(number));
            }
            driver.createOutputTopic("out", TEXT.deserializer(), TEXT.deserializer()).readKeyValuesToList()
                    .forEach(record -> expected.add(record.key + "=" + record.value));
        }
        ValueState<Integer> count = ValueState.named("count", Serdes.int32());
        KeyTimer idle = KeyTimer.onWallClock("idle");
        KeyProcess<String, String, String> process = KeyProcess.<String, String, String>of((record, context) -> {
            Integer before = context.get(count);
            context.set(count, before == null ? 1 : before + 1);
            context.set(idle, context.wallClockMs() + WAIT_MS);
        }).on(idle, (timeMs, context) -> {
            context.emit("had " + context.get(count));
            context.set(count, null);
        });
        try (TestDriver driver = TestDriver.of(Topology.from("in", OURS, OURS).groupByKey(OURS).process("p", process)
                .to("out", OURS, OURS), Delivery.EXACTLY_ONCE)) {
            for (int number = 0; number < inputs.size(); number++) {
                driver.pipe("in", OURS, OURS, inputs.get(number).key(), inputs.get(number).value()).run();
                driver.advance(stepAfter(number));
            }
            List<String> found = driver.read("out", OURS, OURS).stream().map(record -> record.key() + "="
                    + record.value()).toList();
            assertTrue(expected.size() > 50, () -> "fired: " + expected.size());
            assertEquals(String.join("\n", expected), String.join("\n", found));
        }
    }

    /// They count what they drop; here it goes to a topic.
    @Test
    void whatIsTooLate() {
        List<JoinTwinTest.Input> inputs = JoinTwinTest.inputs(132).stream()
                .filter(input -> input.key() != null && input.value() != null).toList();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream("in", Consumed.with(TEXT, TEXT)).groupByKey(Grouped.with(TEXT, TEXT))
                .windowedBy(org.apache.kafka.streams.kstream.TimeWindows.ofSizeAndGrace(Duration.ofMillis(200),
                        Duration.ofMillis(100))).count();
        List<String> expected = new ArrayList<>();
        Serializer<String> writer = TEXT.serializer();
        try (TopologyTestDriver driver = theirs("late", builder)) {
            TestInputTopic<String, String> in = driver.createInputTopic("in", writer, writer);
            double before = 0;
            for (JoinTwinTest.Input input : inputs) {
                in.pipeInput(input.key(), input.value(), input.timestampMs());
                double dropped = driver.metrics().entrySet().stream()
                        .filter(metric -> metric.getKey().name().equals("dropped-records-total"))
                        .mapToDouble(metric -> (Double) metric.getValue().metricValue()).sum();
                if (dropped > before) {
                    expected.add(text(input.key(), input.value(), input.timestampMs()));
                }
                before = dropped;
            }
        }
        try (TestDriver driver = TestDriver.of(Topology.from("in", OURS, OURS).groupByKey(OURS)
                .windowedBy(TimeWindows.tumbling(Duration.ofMillis(200)).grace(Duration.ofMillis(100))).lateTo("late")
                .count("c").forEach(record -> { }), Delivery.EXACTLY_ONCE)) {
            inputs.forEach(input -> driver.pipe("in", OURS, OURS, input.key(), input.value(), input.timestampMs()));
            List<String> found = driver.run().read("late", OURS, OURS).stream().map(record -> text(record.key(),
                    record.value(), record.timestampMs())).toList();
            assertTrue(expected.size() > 50, () -> "late: " + expected.size());
            assertEquals(String.join("\n", expected), String.join("\n", found));
            assertEquals(expected.size(), driver.status().lateRecords());
        }
    }

    private static String text(String key, String value, long timeMs) {
        return key + "=" + value + "@" + timeMs;
    }
}
