package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What each delivery mode promises, whatever call is cut off by a crash, refused, left without an answer, or met by
/// a fence, an expired session or a rebalance.
class DeliveryProperties {
    private static final int INPUTS = 24;
    private static final int CALLS = 160;

    /// Two outputs for most inputs, to two topics, each value unique.
    private static Topology topology() {
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32());
        return Topology.of(
                in.filter(record -> record.value() % 5 != 0).mapValues(value -> value * 10)
                        .to("tens", Serdes.int32(), Serdes.int32()),
                in.flatMap(record -> List.of(record, record.withValue(-record.value() - 1)))
                        .to("both", Serdes.int32(), Serdes.int32()));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(12);
    }

    private static TestDriver run(Delivery delivery, Map<Integer, Fault> faults, int instances, int maxPoll,
            int commitRecords) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology(), TestDriver.Settings.of(delivery).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords), (call, instance) -> {
                    Fault fault = script.remove(++calls[0]);
                    return fault == null ? Fault.NONE : fault;
                });
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 7, number);
        }
        return driver.run();
    }

    @Property(tries = 1500)
    void exactlyOnceNeitherLosesNorRepeats(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        try (TestDriver driver = run(Delivery.EXACTLY_ONCE, faults, instances, maxPoll, commitRecords)) {
            driver.assertExactlyOnce();
            assertOrdered(driver);
        }
    }

    /// Some outputs are refused alone, some with their batch, at whatever point other things go wrong.
    @Property(tries = 700)
    void refusedOutputsBecomeDeadLettersOnce(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords, @ForAll @IntRange(min = 1, max = 4) int kinds) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 2)
                .withCommitRecords(maxPoll, commitRecords).withOnError(ErrorPolicy.deadLetter("dead", 0));
        try (TestDriver driver = TestDriver.of(topology(), settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        })) {
            driver.refuse(output -> {
                if (output.topic().equals("dead")) {
                    return null;
                }
                int number = Serdes.int32().deserialize("", output.value());
                return number < 0 && number % (kinds + 1) == 0 ? ErrorCode.INVALID_RECORD
                        : number % 30 == 20 ? ErrorCode.MESSAGE_TOO_LARGE : null;
            });
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 7, number);
            }
            driver.run().assertExactlyOnce();
        }
    }

    @Property(tries = 1000)
    void atLeastOnceNeverLoses(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        try (TestDriver driver = run(Delivery.AT_LEAST_ONCE, faults, instances, maxPoll, commitRecords)) {
            assertEquals(0, driver.verdict().lost());
        }
    }

    /// An instance that the group has given up without its knowledge works on for a moment on what it has committed,
    /// while another goes on behind that: order holds where there is one instance.
    @Property(tries = 1000)
    void atMostOnceNeverRepeats(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll) {
        try (TestDriver driver = run(Delivery.AT_MOST_ONCE, faults, instances, maxPoll, 5)) {
            assertEquals(0, driver.verdict().duplicated());
            if (instances == 1) {
                assertOrdered(driver);
            }
        }
    }

    @Property(tries = 60)
    void withoutFaultsEveryModeIsExact(@ForAll Delivery delivery, @ForAll @IntRange(min = 1, max = 4) int instances,
            @ForAll @IntRange(min = 1, max = 30) int maxPoll) {
        try (TestDriver driver = run(delivery, Map.of(), instances, maxPoll, 5)) {
            driver.assertExactlyOnce();
        }
    }

    /// Every single call of a run, met by every single fault.
    @Property(tries = 1)
    void everyFaultAtEveryCall() {
        for (Delivery delivery : Delivery.values()) {
            for (Fault fault : EnumSet.complementOf(EnumSet.of(Fault.NONE))) {
                IntStream.rangeClosed(1, CALLS).forEach(call -> {
                    try (TestDriver driver = run(delivery, Map.of(call, fault), 2, 4, 6)) {
                        TestDriver.Verdict verdict = driver.verdict();
                        String what = delivery + " " + fault + " at call " + call;
                        if (delivery != Delivery.AT_MOST_ONCE) {
                            assertEquals(0, verdict.lost(), what);
                        }
                        if (delivery != Delivery.AT_LEAST_ONCE) {
                            assertEquals(0, verdict.duplicated(), what);
                        }
                    }
                });
            }
        }
    }

    /// Of each key, outputs come in the order of the inputs.
    private static void assertOrdered(TestDriver driver) {
        Map<Integer, Integer> last = new TreeMap<>();
        for (StreamRecord<Integer, Integer> record : driver.read("tens", Serdes.int32(), Serdes.int32())) {
            Integer before = last.put(record.key(), record.value());
            if (before != null && before >= record.value()) {
                throw new AssertionError("key " + record.key() + ": " + before + " before " + record.value());
            }
        }
    }
}
