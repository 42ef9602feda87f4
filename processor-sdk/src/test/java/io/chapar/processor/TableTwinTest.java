package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Tables that are filtered, and joined by foreign keys, beside Kafka Streams.
class TableTwinTest {
    private static final org.apache.kafka.common.serialization.Serde<String> TEXT =
            org.apache.kafka.common.serialization.Serdes.String();
    private static final Serde<String> OURS = Serdes.string();
    static final ForeignKey<String, String, String, String> BY =
            ForeignKey.of(TableTwinTest::foreign, OURS, OURS, OURS);

    private static KTable<String, String> table(KStream<String, String> stream) {
        return stream.toTable(Materialized.with(TEXT, TEXT));
    }

    private static Table<String, String> table(String name, Stream<String, String> stream) {
        return stream.groupByKey(OURS).table(name, OURS);
    }

    private static String both(Object left, Object right) {
        return left + "+" + right;
    }

    /// Some values refer to nothing.
    static String foreign(String value) {
        int digit = value.charAt(value.length() - 1) - '0';
        return digit == 7 ? null : "k" + digit % 5;
    }

    private static boolean isKept(String value) {
        return (value.charAt(value.length() - 1) - '0') % 3 != 0;
    }

    /// Kafka Streams also gives removals of what was not there, and results that are as they were; the time of one by a
    /// foreign key is that of the side that changed last, even if the other's is later.
    static void assertSameChanges(long seed,
            BiFunction<KStream<String, String>, KStream<String, String>, KStream<String, String>> theirSteps,
            BiFunction<Stream<String, String>, Stream<String, String>, Stream<String, String>> ourSteps) {
        List<JoinTwinTest.Input> inputs = JoinTwinTest.inputs(seed);
        List<String> theirs = changes(JoinTwinTest.theirs(inputs, theirSteps));
        assertTrue(theirs.size() > 200 && theirs.stream().anyMatch(result -> result.endsWith("=null")));
        assertEquals(String.join("\n", theirs), String.join("\n", changes(JoinTwinTest.ours(inputs, ourSteps))));
    }

    private static List<String> changes(List<String> results) {
        Map<String, String> latest = new TreeMap<>();
        return results.stream().map(result -> result.substring(0, result.indexOf('@'))).filter(result -> {
            String key = result.substring(0, result.indexOf('='));
            String before = latest.put(key, result);
            return !result.equals(before == null ? key + "=null" : before);
        }).toList();
    }

    @Test
    void filtered() {
        assertSameChanges(41, (a, b) -> table(a).filter((key, value) -> isKept(value)).toStream()
                .merge(b.filter((key, value) -> false)),
                (a, b) -> table("t", a).filter((key, value) -> isKept(value)).toStream()
                        .merge(b.filter(record -> false)));
    }

    @Test
    void filteredAndJoined() {
        assertSameChanges(42, (a, b) -> table(a).filter((key, value) -> isKept(value)).mapValues(
                value -> value + "!").leftJoin(table(b).filter((key, value) -> isKept(value)), TableTwinTest::both)
                .toStream(),
                (a, b) -> table("a", a).filter((key, value) -> isKept(value)).mapValues(value -> value + "!")
                        .leftJoin(table("b", b).filter((key, value) -> isKept(value)), TableTwinTest::both)
                        .toStream());
    }

    @ParameterizedTest
    @ValueSource(longs = {43, 44})
    void byForeignKey(long seed) {
        assertSameChanges(seed, (a, b) -> table(a).join(table(b), TableTwinTest::foreign, TableTwinTest::both)
                .toStream(), (a, b) -> table("a", a).join("j", table("b", b), BY, OURS, TableTwinTest::both)
                .toStream());
    }

    @ParameterizedTest
    @ValueSource(longs = {45, 46})
    void byForeignKeyLeft(long seed) {
        assertSameChanges(seed, (a, b) -> table(a).leftJoin(table(b), TableTwinTest::foreign, TableTwinTest::both)
                .toStream(), (a, b) -> table("a", a).leftJoin("j", table("b", b), BY, OURS, TableTwinTest::both)
                .toStream());
    }
}
