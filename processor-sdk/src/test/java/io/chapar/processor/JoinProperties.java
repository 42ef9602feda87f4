package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/// Joins, whatever call is cut off by a crash, refused, left without an answer, or met by a fence, an expired session
/// or a rebalance.
class JoinProperties {
    /// A stream that gets other keys, with a table; the result, counted, with two other tables. And two streams that
    /// get other keys, with each other.
    private static Topology topology() {
        Table<Integer, Integer> table = Topology.table("t", "table", Serdes.int32(), Serdes.int32());
        Table<Integer, Integer> sums = Topology.from("in", Serdes.int32(), Serdes.int32())
                .groupBy(record -> record.value() == null ? null : record.value() % 5, Serdes.int32(), Serdes.int32())
                .leftJoin("join", table, (left, right) -> left + (right == null ? -1 : right))
                .groupByKey(Serdes.int32()).sum("sums", value -> value).table().mapValues(Long::intValue);
        JoinWindows windows = JoinWindows.within(Duration.ofMillis(12)).grace(Duration.ofMillis(10));
        Topology streams = Topology.from("in", Serdes.int32(), Serdes.int32()).selectKey(StreamRecord::value)
                .groupByKey(Serdes.int32(), Serdes.int32())
                .outerJoin("streams", Topology.from("other", Serdes.int32(), Serdes.int32())
                        .selectKey(record -> record.value() == null ? null : record.value() / 2)
                        .groupByKey(Serdes.int32(), Serdes.int32()), windows, Serdes.int32(), Serdes.int32(),
                        (left, right) -> left + "+" + right)
                .to("met", Serdes.int32(), Serdes.string());
        return streams.and(tables(table, sums));
    }

    private static Topology tables(Table<Integer, Integer> table, Table<Integer, Integer> sums) {
        return table.outerJoin(sums, (left, right) -> (left == null ? 0 : left) + 31 * (right == null ? 0 : right))
                .leftJoin(Topology.table("u", "other", Serdes.int32(), Serdes.int32()),
                        (left, right) -> left + (right == null ? 0 : right))
                .toStream().to("out", Serdes.int32(), Serdes.int32());
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 400), Arbitraries.of(all)).ofMaxSize(12);
    }

    @Property(tries = 150)
    void everyRecordHasMetTheOthersOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords, @ForAll @IntRange(max = 300) int waitMs) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords).withWaitForOthers(Duration.ofMillis(waitMs));
        Random random = new Random(seed);
        try (TestDriver driver = TestDriver.of(topology(), settings, StageProperties.script(faults))) {
            for (int number = 0; number < 30; number++) {
                String topic = switch (random.nextInt(4)) {
                    case 0 -> "table";
                    case 1 -> "other";
                    default -> "in";
                };
                driver.pipe(topic, Serdes.int32(), Serdes.int32(), random.nextInt(9) == 0 ? null : random.nextInt(5),
                        random.nextInt(5) == 0 ? null : (Integer) number, Math.max(0, number * 3 - random.nextInt(30)));
            }
            driver.run().assertExactlyOnce();
        }
    }
}
