package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stores that outlive their instance: whatever cuts it off, what they hold and what they read again of the changelog
/// come to what was committed. Their disk is full now and then.
class LastingStateProperties {
    private static final int CALLS = 250;

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(12);
    }

    @Property(tries = 1000)
    void exactlyOnceStateIsWhatEachRecordCausedOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = StateTrial.driver(StateTrial.topology(), settings, faults, seed)) {
            driver.run().assertExactlyOnce();
        }
    }

    @Property(tries = 300)
    void atLeastOnceStateHasCountedEveryRecord(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 6) int maxPoll, @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        Topology counting = Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32())
                .count("counts").to("counts", Serdes.int32(), Serdes.int64());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.AT_LEAST_ONCE).withInstances(1, 2)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = StateTrial.driver(counting, settings, faults, seed)) {
            Map<Integer, Long> highest = new TreeMap<>();
            driver.run().read("counts", Serdes.int32(), Serdes.int64())
                    .forEach(record -> highest.merge(record.key(), record.value(), Math::max));
            for (int key = 0; key < StateTrial.KEYS; key++) {
                assertTrue(highest.getOrDefault(key, 0L) >= StateTrial.INPUTS / StateTrial.KEYS,
                        () -> highest.toString());
            }
        }
    }
}
