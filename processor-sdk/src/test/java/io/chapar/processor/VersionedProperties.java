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

/// Versions, whatever call is cut off by a crash, refused, left without an answer, or met by a fence, an expired
/// session or a rebalance.
class VersionedProperties {
    private static final Duration HISTORY = Duration.ofMillis(25);

    private static Topology topology() {
        VersionedState<Integer> state = VersionedState.named("state", Serdes.int32(), HISTORY);
        Table<Integer, Integer> table = Topology.versionedTable("table", "table", Serdes.int32(), Serdes.int32(),
                HISTORY);
        return Topology.of(
                Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32())
                        .leftJoin("join", table, (left, right) -> left + "+" + right)
                        .to("met", Serdes.int32(), Serdes.string()),
                Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32())
                        .leftJoin("waiting", table, Duration.ofMillis(12), Serdes.int32(),
                                (left, right) -> left + "+" + right).to("waited", Serdes.int32(), Serdes.string()),
                table.leftJoin(Topology.versionedTable("other", "other", Serdes.int32(), Serdes.int32(), HISTORY),
                        (left, right) -> left + "+" + right).toStream().to("tables", Serdes.int32(), Serdes.string()),
                Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32()).process("process",
                        KeyProcess.<Integer, Integer, String>of((record, context) -> {
                            VersionedState.Versions<Integer> versions = context.of(state);
                            boolean inTime = versions.put(record.value(), record.timestampMs());
                            context.emit(inTime + " " + versions.between(record.timestampMs() - 5, Long.MAX_VALUE));
                        }).keeping(state)).to("versions", Serdes.int32(), Serdes.string()));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 400), Arbitraries.of(all)).ofMaxSize(12);
    }

    @Property(tries = 150)
    void everyVersionIsKeptOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords);
        Random random = new Random(seed);
        try (TestDriver driver = TestDriver.of(topology(), settings, StageProperties.script(faults))) {
            for (int number = 0; number < 40; number++) {
                String topic = switch (random.nextInt(4)) {
                    case 0 -> "table";
                    case 1 -> "other";
                    default -> "in";
                };
                driver.pipe(topic, Serdes.int32(), Serdes.int32(), random.nextInt(9) == 0 ? null : random.nextInt(5),
                        random.nextInt(5) == 0 ? null : (Integer) number, Math.max(0, number * 3 - random.nextInt(40)));
            }
            driver.run().assertExactlyOnce();
        }
    }
}
