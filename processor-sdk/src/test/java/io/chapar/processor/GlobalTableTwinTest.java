package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.GlobalKTable;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Properties;
import java.util.function.BiFunction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Streams joined with global tables, beside Kafka Streams: topic `b` is the table.
class GlobalTableTwinTest {
    private static final org.apache.kafka.common.serialization.Serde<String> TEXT =
            org.apache.kafka.common.serialization.Serdes.String();
    private static final Serde<String> OURS = Serdes.string();

    private static List<String> theirs(List<JoinTwinTest.Input> inputs,
            BiFunction<KStream<String, String>, GlobalKTable<String, String>, KStream<String, String>> steps) {
        StreamsBuilder builder = new StreamsBuilder();
        steps.apply(builder.stream("a", Consumed.with(TEXT, TEXT)), builder.globalTable("b", Consumed.with(TEXT, TEXT)))
                .to("out", Produced.with(TEXT, TEXT));
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "twin-of-globals-" + ProcessHandle.current().pid() + "-"
                + System.identityHashCode(steps));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        settings.put("default.dsl.store", "in_memory");
        Serializer<String> writer = TEXT.serializer();
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(), settings)) {
            inputs.forEach(input -> driver.createInputTopic(input.topic(), writer, writer)
                    .pipeInput(input.key(), input.value(), input.timestampMs()));
            return driver.createOutputTopic("out", TEXT.deserializer(), TEXT.deserializer()).readRecordsToList()
                    .stream().map(record -> record.key() + "=" + record.value() + "@" + record.timestamp()).toList();
        }
    }

    private static List<String> ours(List<JoinTwinTest.Input> inputs,
            BiFunction<Stream<String, String>, GlobalTable<String, String>, Stream<String, String>> steps) {
        Topology topology = steps.apply(Topology.from("a", OURS, OURS), Topology.globalTable("b", OURS, OURS))
                .to("out", OURS, OURS);
        try (TestDriver driver = TestDriver.of(topology, Delivery.EXACTLY_ONCE)) {
            int count = 0;
            for (JoinTwinTest.Input input : inputs) {
                if (++count % 100 == 50) {
                    driver.crashAfter(3);
                }
                driver.pipe(input.topic(), OURS, OURS, input.key(), input.value(), input.timestampMs()).run();
            }
            driver.assertExactlyOnce();
            return driver.read("out", OURS, OURS).stream().map(record -> record.key() + "=" + record.value() + "@"
                    + record.timestampMs()).toList();
        }
    }

    private static void assertTwins(long seed,
            BiFunction<KStream<String, String>, GlobalKTable<String, String>, KStream<String, String>> theirSteps,
            BiFunction<Stream<String, String>, GlobalTable<String, String>, Stream<String, String>> ourSteps) {
        List<JoinTwinTest.Input> inputs = JoinTwinTest.inputs(seed);
        List<String> expected = theirs(inputs, theirSteps);
        assertTrue(expected.size() > 100, () -> "results: " + expected.size());
        assertEquals(String.join("\n", expected), String.join("\n", ours(inputs, ourSteps)));
    }

    private static String both(Object left, Object right) {
        return left + "+" + right;
    }

    /// Some records name no key, whether they have a value or not.
    private static String wanted(String key, String value) {
        int digit = value == null ? 7 : value.charAt(value.length() - 1) - '0';
        return digit == 7 ? null : digit % 2 == 0 ? key : "k" + digit % 5;
    }

    @Test
    void byAnyKey() {
        assertTwins(61, (a, b) -> a.join(b, GlobalTableTwinTest::wanted, GlobalTableTwinTest::both),
                (a, b) -> a.join(b, record -> wanted(record.key(), record.value()), GlobalTableTwinTest::both));
    }

    @Test
    void leftByAnyKey() {
        assertTwins(62, (a, b) -> a.leftJoin(b, GlobalTableTwinTest::wanted, GlobalTableTwinTest::both),
                (a, b) -> a.leftJoin(b, record -> wanted(record.key(), record.value()), GlobalTableTwinTest::both));
    }

    @Test
    void asManyAsThere() {
        assertTwins(63, (a, b) -> a.join(b, (key, value) -> key, GlobalTableTwinTest::both)
                .leftJoin(b, (key, value) -> value.substring(0, 1), GlobalTableTwinTest::both),
                (a, b) -> a.join(b, StreamRecord::key, GlobalTableTwinTest::both)
                        .leftJoin(b, record -> record.value().substring(0, 1), GlobalTableTwinTest::both));
    }
}
