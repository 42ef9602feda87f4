package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.h2.jdbcx.JdbcDataSource;

import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What each delivery mode promises of rows in a database, whatever call to the cluster or the database is cut off by a
/// crash, refused, or left without an answer.
class RowProperties {
    private static final int INPUTS = 24;
    private static final int CALLS = 90;
    private static final String TENS = "INSERT INTO tens VALUES (?, ?)";
    private static final String BOTH = "INSERT INTO both VALUES (?)";

    private static Topology topology() {
        JdbcDataSource database = new JdbcDataSource();
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32());
        return Topology.of(
                in.filter(record -> record.value() % 5 != 0).toJdbc(database, JdbcStatement.of(TENS,
                        record -> JdbcStatement.values(record.key(), record.value() * 10))),
                in.flatMap(record -> List.of(record, record.withValue(-record.value() - 1)))
                        .toJdbc(database, JdbcStatement.of(BOTH, record -> JdbcStatement.values(record.value()))));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(12);
    }

    private static TestDriver run(TestDriver.Settings settings, Map<Integer, Fault> faults, boolean refusing) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology(), settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        });
        if (refusing) {
            driver.refuseRows(values -> values.getFirst() instanceof Integer first && first < 0 && first % 4 == 0);
        }
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 7, number);
        }
        return driver.run();
    }

    private static TestDriver.Settings settings(Delivery delivery, int instances, int maxPoll, int commitRecords) {
        return TestDriver.Settings.of(delivery).withInstances(instances, 3).withCommitRecords(maxPoll, commitRecords);
    }

    @Property(tries = 300)
    void exactlyOnceNeitherLosesNorRepeats(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords, @ForAll boolean parallel) {
        TestDriver.Settings settings = settings(Delivery.EXACTLY_ONCE, instances, maxPoll, commitRecords);
        try (TestDriver driver = run(parallel ? settings.withParallel(4) : settings, faults, false)) {
            driver.assertExactlyOnce();
            assertOrdered(driver);
        }
    }

    @Property(tries = 150)
    void refusedRowsAreSkippedWithAllOfTheirRecord(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 2) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 0, max = 2) int retries) {
        TestDriver.Settings settings = settings(Delivery.EXACTLY_ONCE, instances, maxPoll, 5)
                .withOnError(ErrorPolicy.skip(retries));
        try (TestDriver driver = run(settings, faults, true)) {
            driver.assertExactlyOnce();
            assertEquals(2 * (INPUTS - INPUTS / 4), driver.rows(BOTH).size());
        }
    }

    @Property(tries = 150)
    void atLeastOnceNeverLoses(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        try (TestDriver driver = run(settings(Delivery.AT_LEAST_ONCE, instances, maxPoll, commitRecords), faults,
                false)) {
            assertEquals(0, driver.verdict().lost());
        }
    }

    @Property(tries = 150)
    void atMostOnceNeverRepeats(@ForAll("faults") Map<Integer, Fault> faults,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll) {
        try (TestDriver driver = run(settings(Delivery.AT_MOST_ONCE, instances, maxPoll, 5), faults, false)) {
            assertEquals(0, driver.verdict().duplicated());
        }
    }

    @Property(tries = 60)
    void withoutFaultsEveryModeIsExact(@ForAll Delivery delivery, @ForAll @IntRange(min = 1, max = 4) int instances,
            @ForAll @IntRange(min = 1, max = 30) int maxPoll, @ForAll boolean refusing) {
        TestDriver.Settings settings = settings(delivery, instances, maxPoll, 5)
                .withOnError(refusing ? ErrorPolicy.skip(0) : ErrorPolicy.stop());
        try (TestDriver driver = run(settings, Map.of(), refusing)) {
            driver.assertExactlyOnce();
        }
    }

    /// Every single call of a run, met by every single fault.
    @Property(tries = 1)
    void everyFaultAtEveryCall() {
        for (Delivery delivery : Delivery.values()) {
            for (Fault fault : EnumSet.complementOf(EnumSet.of(Fault.NONE))) {
                IntStream.rangeClosed(1, CALLS).forEach(call -> {
                    try (TestDriver driver = run(settings(delivery, 2, 4, 6), Map.of(call, fault), false)) {
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

    /// Of each key, rows come in the order of the inputs.
    private static void assertOrdered(TestDriver driver) {
        Map<Integer, Integer> last = new TreeMap<>();
        for (List<Object> row : driver.rows(TENS)) {
            Integer before = last.put((Integer) row.getFirst(), (Integer) row.get(1));
            if (before != null && before >= (Integer) row.get(1)) {
                throw new AssertionError("key " + row.getFirst() + ": " + before + " before " + row.get(1));
            }
        }
    }
}
