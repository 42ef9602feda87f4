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
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Topologies of several stages, whatever call is cut off by a crash, refused, left without an answer, or met by a
/// fence, an expired session or a rebalance.
class StageProperties {
    private static final int INPUTS = 24;

    /// Three stages: two inputs that meet in a count, whose results get other keys and are summed, and these again.
    private static Topology topology() {
        Stream<Integer, Integer> a = Topology.from("a", Serdes.int32(), Serdes.int32());
        Stream<Integer, Integer> b = Topology.from("b", Serdes.int32(), Serdes.int32());
        return a.merge(b).groupByKey(Serdes.int32())
                .aggregate("meet", Serdes.int32(), () -> 0, (key, value, sum) -> sum * 31 + value)
                .groupBy(record -> Math.floorMod(record.value(), 4), Serdes.int32(), Serdes.int32())
                .reduce("sums", Serdes.int32(), Integer::sum)
                .selectKey(record -> Math.floorMod(record.value(), 3))
                .repartition("again", Serdes.int32(), Serdes.int32())
                .groupByKey(Serdes.int32()).count("counts")
                .to("out", Serdes.int32(), Serdes.int64());
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, 400), Arbitraries.of(all)).ofMaxSize(12);
    }

    static MemoryCluster.Faults script(Map<Integer, Fault> faults) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        return (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        };
    }

    @Property(tries = 300)
    void everyStageHasCountedEachRecordOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll long seed,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords);
        Random random = new Random(seed);
        try (TestDriver driver = TestDriver.of(topology(), settings, script(faults))) {
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe(random.nextBoolean() ? "a" : "b", Serdes.int32(), Serdes.int32(), random.nextInt(5),
                        random.nextInt(9) == 0 ? null : (Integer) number);
            }
            driver.run().assertExactlyOnce();
            long counted = driver.read("out", Serdes.int32(), Serdes.int64()).size();
            assertEquals(driver.read("test-again-repartition", Serdes.int32(), Serdes.int32()).size(), counted);
        }
    }
}
