package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What each delivery mode promises of state, whatever call is cut off by a crash, refused, left without an answer, or
/// met by a fence, an expired session or a rebalance.
class StateProperties {
    private static final int INPUTS = 24;
    private static final int KEYS = 5;
    private static final int CALLS = 200;

    /// Two steps one after the other, and one beside them that removes its keys now and then.
    private static Topology topology() {
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32());
        return Topology.of(
                in.groupByKey(Serdes.int32()).count("counts").mapValues(Long::intValue)
                        .groupByKey(Serdes.int32()).reduce("sums", Serdes.int32(), Integer::sum)
                        .to("sums", Serdes.int32(), Serdes.int32()),
                in.groupByKey(Serdes.int32()).aggregate("lists", Serdes.string(), () -> "",
                        (key, value, list) -> value % 4 == 3 ? null : list + "," + value)
                        .to("lists", Serdes.int32(), Serdes.string()));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(12);
    }

    private static TestDriver driver(Topology topology, TestDriver.Settings settings, Map<Integer, Fault> faults) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology, settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        });
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % KEYS, number);
        }
        return driver;
    }

    @Property(tries = 1500)
    void exactlyOnceStateIsWhatEachRecordCausedOnce(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = driver(topology(), settings, faults)) {
            driver.run().assertExactlyOnce();
        }
    }

    /// Some records come to nothing but dead letters: for their function, an output, or what they change.
    @Property(tries = 700)
    void whatIsGivenUpLeavesNoTraceInTheState(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32())
                .groupByKey(Serdes.int32()).reduce("sums", Serdes.int32(), Integer::sum)
                .peek(sum -> {
                    if (sum.value() % 7 == 3) {
                        throw new IllegalArgumentException("not this one");
                    }
                }).to("sums", Serdes.int32(), Serdes.int32());
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords).withOnError(ErrorPolicy.deadLetter("dead", 1));
        try (TestDriver driver = driver(topology, settings, faults)) {
            driver.refuse(output -> {
                int number = output.value() == null ? 0
                        : ByteBuffer.wrap(output.value()).getInt(output.value().length - Integer.BYTES);
                return output.topic().equals("dead") ? null
                        : output.topic().equals("sums") && number % 7 == 4 ? ErrorCode.INVALID_RECORD
                        : output.topic().endsWith("changelog") && number % 7 == 5 ? ErrorCode.MESSAGE_TOO_LARGE : null;
            });
            driver.run().assertExactlyOnce();
        }
    }

    private static Topology counting() {
        return Topology.from("in", Serdes.int32(), Serdes.int32()).groupByKey(Serdes.int32()).count("counts")
                .to("counts", Serdes.int32(), Serdes.int64());
    }

    private static Map<Integer, Long> highest(TestDriver driver) {
        Map<Integer, Long> highest = new HashMap<>();
        driver.read("counts", Serdes.int32(), Serdes.int64())
                .forEach(record -> highest.merge(record.key(), record.value(), Math::max));
        return highest;
    }

    private static long inputs(int key) {
        return (long) INPUTS / KEYS + (key < INPUTS % KEYS ? 1 : 0);
    }

    @Property(tries = 700)
    void atLeastOnceStateHasCountedEveryRecord(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 6) int maxPoll, @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.AT_LEAST_ONCE).withInstances(1, 2)
                .withCommitRecords(maxPoll, commitRecords);
        try (TestDriver driver = driver(counting(), settings, faults)) {
            Map<Integer, Long> highest = highest(driver.run());
            for (int key = 0; key < KEYS; key++) {
                assertTrue(highest.getOrDefault(key, 0L) >= inputs(key), () -> highest.toString());
            }
        }
    }

    @Property(tries = 700)
    void atMostOnceStateHasCountedNoRecordTwice(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 6) int maxPoll) {
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.AT_MOST_ONCE).withInstances(1, 2)
                .withCommitRecords(maxPoll, 5);
        try (TestDriver driver = driver(counting(), settings, faults)) {
            Map<Integer, Long> highest = highest(driver.run());
            for (int key = 0; key < KEYS; key++) {
                assertTrue(highest.getOrDefault(key, 0L) <= inputs(key), () -> highest.toString());
            }
        }
    }

    @Property(tries = 40)
    void withoutFaultsEveryModeCountsExactly(@ForAll Delivery delivery, @ForAll @IntRange(min = 1, max = 3) int many) {
        TestDriver.Settings settings = TestDriver.Settings.of(delivery).withInstances(many, 3);
        try (TestDriver driver = driver(topology(), settings, Map.of())) {
            driver.run().assertExactlyOnce();
            assertEquals(List.of(), driver.read("nothing", Serdes.int32(), Serdes.int32()));
        }
    }
}
