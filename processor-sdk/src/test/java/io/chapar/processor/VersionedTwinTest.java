package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.Duration;
import java.util.Set;
import java.util.function.LongFunction;

import static io.chapar.processor.JoinTwinTest.assertTwins;

/// Versions beside those of Kafka Streams: the same random inputs (out of order, too late, removals) give the same
/// versions, and tables of them the same outputs.
class VersionedTwinTest {
    private static final org.apache.kafka.common.serialization.Serde<String> TEXT =
            org.apache.kafka.common.serialization.Serdes.String();
    private static final Serde<String> OURS = Serdes.string();
    private static final long[] ASKED = {-2_000, -700, -300, -50, -1, 0, 1, 200, 3_000};

    /// Until when it was is not told by their stores.
    private static String told(@Nullable String value, long fromMs) {
        return value + "@" + fromMs;
    }

    private static String answers(boolean inTime, String latest, long timeMs, LongFunction<String> asOf) {
        StringBuilder text = new StringBuilder().append(inTime).append(' ').append(latest);
        for (long asked : ASKED) {
            text.append(' ').append(asOf.apply(timeMs + asked));
        }
        return text.toString();
    }

    /// Puts each record, and asks for what its key has and had.
    private static final class Versions implements Processor<String, String, String, String> {
        private ProcessorContext<String, String> context;
        private VersionedKeyValueStore<String, String> store;

        @Override
        public void init(ProcessorContext<String, String> given) {
            context = given;
            store = given.getStateStore("versions");
        }

        @Override
        public void process(Record<String, String> record) {
            if (record.key() == null) {
                return;
            }
            boolean inTime = store.put(record.key(), record.value(), record.timestamp())
                    != VersionedKeyValueStore.PUT_RETURN_CODE_NOT_PUT;
            context.forward(record.withValue(answers(inTime, told(store.get(record.key())), record.timestamp(),
                    time -> told(store.get(record.key(), time)))));
        }

        private static String told(@Nullable VersionedRecord<String> version) {
            return version == null ? "none" : VersionedTwinTest.told(version.value(), version.timestamp());
        }
    }

    private record Theirs(Duration history) implements ProcessorSupplier<String, String, String, String> {
        @Override
        public Processor<String, String, String, String> get() {
            return new Versions();
        }

        @Override
        public Set<StoreBuilder<?>> stores() {
            return Set.of(Stores.versionedKeyValueStoreBuilder(
                    Stores.persistentVersionedKeyValueStore("versions", history), TEXT, TEXT));
        }
    }

    private static KeyProcess<String, String, String> ours(Duration history) {
        VersionedState<String> state = VersionedState.named("versions", OURS, history);
        return KeyProcess.<String, String, String>of((record, context) -> {
            VersionedState.Versions<String> versions = context.of(state);
            boolean inTime = versions.put(record.value(), record.timestampMs());
            context.emit(answers(inTime, told(versions.get()), record.timestampMs(), time ->
                    told(versions.get(time))));
        }).keeping(state);
    }

    private static String told(@Nullable Version<String> version) {
        return version == null ? "none" : told(version.value(), version.fromMs());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 60, 400, 2_000, 1_000_000})
    void versionsOfAFunction(long historyMs) {
        Duration history = Duration.ofMillis(historyMs);
        assertTwins(100 + historyMs, (a, b) -> a.merge(b).process(new Theirs(history)),
                (a, b) -> a.merge(b).groupByKey(OURS).process("p", ours(history)));
    }

    private static KTable<String, String> table(String name, KStream<String, String> stream, long historyMs) {
        return stream.toTable(Materialized.<String, String>as(
                Stores.persistentVersionedKeyValueStore(name, Duration.ofMillis(historyMs)))
                .withKeySerde(TEXT).withValueSerde(TEXT));
    }

    private static KTable<String, String> latest(KStream<String, String> stream) {
        return stream.toTable(Materialized.<String, String, KeyValueStore<Bytes, byte[]>>with(TEXT, TEXT));
    }

    private static Table<String, String> table(String name, Stream<String, String> stream, long historyMs) {
        return stream.groupByKey(OURS).versionedTable(name, OURS, Duration.ofMillis(historyMs));
    }

    private static Joined<String, String, String> kept() {
        return Joined.with(TEXT, TEXT, TEXT);
    }

    private static String both(Object left, Object right) {
        return left + "+" + right;
    }

    @ParameterizedTest
    @ValueSource(longs = {100, 1_500})
    void whatATableGives(long historyMs) {
        assertTwins(111, (a, b) -> table("t", a, historyMs).mapValues(value -> value + "!").toStream().merge(b),
                (a, b) -> table("t", a, historyMs).mapValues(value -> value + "!").toStream().merge(b));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 100, 1_500, 1_000_000})
    void streamWithTable(long historyMs) {
        assertTwins(112, (a, b) -> a.join(table("t", b, historyMs), VersionedTwinTest::both, kept()),
                (a, b) -> a.groupByKey(OURS).join("j", table("t", b, historyMs), VersionedTwinTest::both));
    }

    @ParameterizedTest
    @ValueSource(longs = {100, 1_500})
    void streamWithTableLeft(long historyMs) {
        assertTwins(113, (a, b) -> a.leftJoin(table("t", b, historyMs), VersionedTwinTest::both, kept()),
                (a, b) -> a.groupByKey(OURS).leftJoin("j", table("t", b, historyMs), VersionedTwinTest::both));
    }

    /// Out of order, what waits meets what has come to the table meanwhile.
    @ParameterizedTest
    @ValueSource(longs = {0, 50, 400, 1_500})
    void streamThatWaitsForTheTable(long graceMs) {
        Duration grace = Duration.ofMillis(graceMs);
        assertTwins(119, (a, b) -> a.join(table("t", b, 1_500), VersionedTwinTest::both,
                kept().withName("j").withGracePeriod(grace)),
                (a, b) -> a.groupByKey(OURS).join("j", table("t", b, 1_500), grace, OURS, VersionedTwinTest::both));
    }

    /// A record without a key ends the application there.
    @Test
    void streamThatWaitsForTheTableLeft() {
        Duration grace = Duration.ofMillis(300);
        assertTwins(120, (a, b) -> a.filter((key, value) -> key != null).leftJoin(table("t", b, 1_500),
                VersionedTwinTest::both, kept().withName("j").withGracePeriod(grace)),
                (a, b) -> a.filter(record -> record.key() != null).groupByKey(OURS).leftJoin("j",
                        table("t", b, 1_500), grace, OURS, VersionedTwinTest::both));
    }

    /// What is mapped and filtered has versions too.
    @Test
    void streamWithWhatIsMadeOfATable() {
        assertTwins(114, (a, b) -> a.leftJoin(table("t", b, 1_500).mapValues(value -> value + "!")
                .filter((key, value) -> !value.contains("3")), VersionedTwinTest::both, kept()),
                (a, b) -> a.groupByKey(OURS).leftJoin("j", table("t", b, 1_500).mapValues(value -> value + "!")
                        .filter((key, value) -> !value.contains("3")), VersionedTwinTest::both));
    }

    /// What comes out of order changes no result.
    @Test
    void tables() {
        assertTwins(115, (a, b) -> table("l", a, 1_500).join(table("r", b, 300), VersionedTwinTest::both).toStream(),
                (a, b) -> table("l", a, 1_500).join(table("r", b, 300), VersionedTwinTest::both).toStream());
    }

    @Test
    void tablesOfWhichOneHasVersions() {
        assertTwins(116, (a, b) -> table("l", a, 1_500).mapValues(value -> value + "!")
                .outerJoin(latest(b), VersionedTwinTest::both).toStream(),
                (a, b) -> table("l", a, 1_500).mapValues(value -> value + "!")
                        .outerJoin(b.groupByKey(OURS).table("r", OURS), VersionedTwinTest::both).toStream());
    }

    @ParameterizedTest
    @ValueSource(longs = {117, 118})
    void byForeignKey(long seed) {
        TableTwinTest.assertSameChanges(seed, (a, b) -> table("l", a, 1_500)
                .leftJoin(table("r", b, 1_500), TableTwinTest::foreign, VersionedTwinTest::both).toStream(),
                (a, b) -> table("l", a, 1_500).leftJoin("j", table("r", b, 1_500), TableTwinTest.BY, OURS,
                        VersionedTwinTest::both).toStream());
    }
}
