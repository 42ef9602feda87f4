package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.WindowStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static io.chapar.processor.KafkaStreamsTwinTest.assertTwins;
import static io.chapar.processor.KafkaStreamsTwinTest.grouped;
import static io.chapar.processor.KafkaStreamsTwinTest.kept;
import static io.chapar.processor.KafkaStreamsTwinTest.keyed;
import static io.chapar.processor.KafkaStreamsTwinTest.sessions;
import static io.chapar.processor.KafkaStreamsTwinTest.sliding;
import static io.chapar.processor.KafkaStreamsTwinTest.texts;
import static io.chapar.processor.KafkaStreamsTwinTest.unwindowed;
import static io.chapar.processor.KafkaStreamsTwinTest.withValues;

/// As [KafkaStreamsTwinTest], for the operations without state, and for sums and reductions in every kind of window.
/// Kafka Streams has no sum: its aggregate is the twin.
class OperationTwinTest {
    private static final org.apache.kafka.common.serialization.Serde<String> TEXT = KafkaStreamsTwinTest.TEXT;
    private static final org.apache.kafka.common.serialization.Serde<Long> LONG =
            org.apache.kafka.common.serialization.Serdes.Long();
    private static final Serde<String> OURS = Serdes.string();

    /// None to three.
    private static List<String> parts(String value) {
        List<String> parts = new ArrayList<>();
        for (int part = 0; part < (value == null ? 0 : Integer.parseInt(value) % 4); part++) {
            parts.add(value + "/" + part);
        }
        return parts;
    }

    @Test
    void withoutState() {
        assertTwins(50, true, in -> in.filter((key, value) -> !"7".equals(value)).peek((key, value) -> { })
                .flatMap((key, value) -> parts(value).stream().map(part -> KeyValue.pair(part.substring(0, 1) + key,
                        part)).toList())
                .map((key, value) -> KeyValue.pair(value.length() > 3 ? null : key, value + key))
                .mapValues(value -> value + "."),
                in -> in.filter(record -> !"7".equals(record.value())).peek(record -> { })
                        .flatMap(record -> parts(record.value()).stream().map(part ->
                                record.with(part.substring(0, 1) + record.key(), part)).toList())
                        .map(record -> record.with(record.value().length() > 3 ? null : record.key(),
                                record.value() + record.key()))
                        .mapValues(value -> value + "."));
    }

    @Test
    void merged() {
        assertTwins(51, true, in -> in.filter((key, value) -> value == null).merge(
                in.filterNot((key, value) -> value == null).mapValues(value -> value + "!")),
                in -> in.filter(record -> record.value() == null).merge(
                        in.filter(record -> record.value() != null).mapValues(value -> value + "!")));
    }

    @Test
    void keysSelectedAndGrouped() {
        assertTwins(52, true, in -> in.selectKey((key, value) -> value == null ? key : value.substring(0, 1))
                .groupByKey(Grouped.with(TEXT, TEXT)).reduce((a, b) -> b + a.length()).toStream(),
                in -> in.selectKey(record -> record.value() == null ? record.key() : record.value().substring(0, 1))
                        .groupByKey(OURS, OURS).reduce("r", OURS, (a, b) -> b + a.length()));
    }

    @Test
    void repartitioned() {
        assertTwins(53, true, in -> in.selectKey((key, value) -> key + value).repartition(
                Repartitioned.<String, String>as("again").withKeySerde(TEXT).withValueSerde(TEXT)),
                in -> in.selectKey(record -> record.key() + record.value()).repartition("again", OURS, OURS));
    }

    @Test
    void throughATopic() {
        assertTwins(54, builder -> {
            builder.stream("in", Consumed.with(TEXT, TEXT)).mapValues(value -> value + "!").to("mid",
                    Produced.with(TEXT, TEXT));
            builder.stream("mid", Consumed.with(TEXT, TEXT)).mapValues(value -> value + "?").to("out",
                    Produced.with(TEXT, TEXT));
        }, Topology.from("in", OURS, OURS).mapValues(value -> value + "!").through("mid", OURS, OURS)
                .mapValues(value -> value + "?").to("out", OURS, OURS));
    }

    @Test
    void toATopicByRecord() {
        assertTwins(55, builder -> builder.stream("in", Consumed.with(TEXT, TEXT)).to((key, value, context) ->
                value == null ? "elsewhere" : "out", Produced.with(TEXT, TEXT)),
                Topology.from("in", OURS, OURS).to(record -> record.value() == null ? "elsewhere" : "out", OURS,
                        OURS));
    }

    @Test
    void sum() {
        assertTwins(56, true, in -> texts(grouped(in).aggregate(() -> 0L, (key, value, sum) ->
                sum + Long.parseLong(value), Materialized.<String, Long, KeyValueStore<Bytes, byte[]>>with(TEXT,
                LONG))), in -> texts(keyed(in).sum("s", Long::parseLong)));
    }

    private static Materialized<String, Long, WindowStore<Bytes, byte[]>> sums() {
        return Materialized.<String, Long, WindowStore<Bytes, byte[]>>with(TEXT, LONG)
                .withRetention(Duration.ofMinutes(10));
    }

    @ParameterizedTest
    @EnumSource
    void sumInWindows(KafkaStreamsTwinTest.Shape shape) {
        assertTwins(57, true, in -> unwindowed(withValues(in).windowedBy(shape.theirs()).aggregate(() -> 0L,
                (key, value, sum) -> sum + Long.parseLong(value), sums())),
                in -> unwindowed(keyed(in).windowedBy(shape.ours()).sum("s", Long::parseLong)));
    }

    @ParameterizedTest
    @EnumSource
    void aggregateOnceTheWindowHasClosed(KafkaStreamsTwinTest.Shape shape) {
        assertTwins(58, true, in -> unwindowed(withValues(in).windowedBy(shape.theirs())
                .emitStrategy(EmitStrategy.onWindowClose()).aggregate(() -> 0L,
                        (key, value, sum) -> sum + Long.parseLong(value), sums())),
                in -> unwindowed(keyed(in).windowedBy(shape.ours()).emitFinal().aggregate("s", Serdes.int64(),
                        () -> 0L, (key, value, sum) -> sum + Long.parseLong(value))));
    }

    @ParameterizedTest
    @CsvSource({"200,0", "150,400"})
    void sumInSlidingWindows(long differenceMs, long graceMs) {
        assertTwins(59, true, in -> unwindowed(withValues(in).windowedBy(sliding(differenceMs, graceMs)).aggregate(
                () -> 0L, (key, value, sum) -> sum + Long.parseLong(value), sums())),
                in -> unwindowed(keyed(in).windowedBy(new SlidingWindows(differenceMs, graceMs))
                        .sum("s", Long::parseLong)));
    }

    @Test
    void countInSlidingWindows() {
        assertTwins(60, true, in -> unwindowed(withValues(in).windowedBy(sliding(150, 400)).count(sums())),
                in -> unwindowed(keyed(in).windowedBy(new SlidingWindows(150, 400)).count("c")));
    }

    @Test
    void reduceInSlidingWindows() {
        assertTwins(61, true, in -> unwindowed(withValues(in).windowedBy(sliding(150, 400)).reduce(
                (a, b) -> a + "," + b, KafkaStreamsTwinTest.<WindowStore<Bytes, byte[]>>kept())),
                in -> unwindowed(keyed(in).windowedBy(new SlidingWindows(150, 400)).reduce("r", OURS,
                        (a, b) -> a + "," + b)));
    }

    /// By default Kafka Streams forgets a session 1 ms before it closes.
    private static <V> Materialized<String, V, SessionStore<Bytes, byte[]>> untilClosed(
            org.apache.kafka.common.serialization.Serde<V> serde) {
        return Materialized.<String, V, SessionStore<Bytes, byte[]>>with(TEXT, serde)
                .withRetention(Duration.ofMillis(401));
    }

    @Test
    void sumInSessions() {
        assertTwins(62, true, in -> unwindowed(withValues(in).windowedBy(sessions(100, 300)).aggregate(() -> 0L,
                (key, value, sum) -> sum + Long.parseLong(value), (key, one, other) -> one + other,
                untilClosed(LONG))),
                in -> unwindowed(keyed(in).windowedBy(new SessionWindows(100, 300)).sum("s", Long::parseLong)));
    }

    @Test
    void reduceInSessions() {
        assertTwins(63, true, in -> unwindowed(withValues(in).windowedBy(sessions(100, 300)).reduce(
                (a, b) -> a + "," + b, untilClosed(TEXT))),
                in -> unwindowed(keyed(in).windowedBy(new SessionWindows(100, 300)).reduce("r", OURS,
                        (a, b) -> a + "," + b)));
    }
}
