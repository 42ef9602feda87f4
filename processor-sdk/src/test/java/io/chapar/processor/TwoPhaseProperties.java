package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
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
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertThrows;

/// Rows and topics together, exactly once, whatever call is cut off, refused or left without an answer: the database
/// decides, and what was prepared follows.
class TwoPhaseProperties {
    private static final int INPUTS = 24;
    private static final int CALLS = 140;
    private static final String ROWS = "INSERT INTO things VALUES (?, ?)";

    private static Topology topology(boolean stateful) {
        JdbcDataSource database = new JdbcDataSource();
        Stream<Integer, Integer> in = Topology.from("in", Serdes.int32(), Serdes.int32());
        Stream<Integer, Integer> results = !stateful ? in.filter(record -> record.value() % 5 != 0)
                : in.groupByKey(Serdes.int32()).count("counts").mapValues(Long::intValue);
        return Topology.of(
                results.toJdbc(database, JdbcStatement.of(ROWS,
                        record -> JdbcStatement.values(record.key(), record.value()))),
                results.to("out", Serdes.int32(), Serdes.int32()));
    }

    @Provide
    Arbitrary<Map<Integer, Fault>> faults() {
        Set<Fault> all = EnumSet.complementOf(EnumSet.of(Fault.NONE));
        return Arbitraries.maps(Arbitraries.integers().between(1, CALLS), Arbitraries.of(all)).ofMaxSize(12);
    }

    private static TestDriver run(Topology topology, TestDriver.Settings settings, Map<Integer, Fault> faults,
            UnaryOperator<Ledger> ledgers) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        TestDriver driver = TestDriver.of(topology, settings, (call, instance) -> {
            Fault fault = script.remove(++calls[0]);
            return fault == null ? Fault.NONE : fault;
        }, ledgers);
        for (int number = 0; number < INPUTS; number++) {
            driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 7, number);
        }
        return driver.run();
    }

    private static TestDriver.Settings settings(int instances, int maxPoll, int commitRecords) {
        return TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(instances, 3)
                .withCommitRecords(maxPoll, commitRecords);
    }

    @Property(tries = 400)
    void rowsAndOutputsNeitherLoseNorRepeat(@ForAll("faults") Map<Integer, Fault> faults, @ForAll boolean stateful,
            @ForAll @IntRange(min = 1, max = 3) int instances, @ForAll @IntRange(min = 1, max = 6) int maxPoll,
            @ForAll @IntRange(min = 1, max = 9) int commitRecords) {
        try (TestDriver driver = run(topology(stateful), settings(instances, maxPoll, commitRecords), faults,
                UnaryOperator.identity())) {
            driver.assertExactlyOnce();
        }
    }

    @Property(tries = 150)
    void refusedRowsBecomeDeadLettersOnce(@ForAll("faults") Map<Integer, Fault> faults, @ForAll boolean stateful,
            @ForAll @IntRange(min = 1, max = 6) int maxPoll, @ForAll @IntRange(min = 0, max = 2) int retries) {
        int[] calls = new int[1];
        Map<Integer, Fault> script = new TreeMap<>(faults);
        try (TestDriver driver = TestDriver.of(topology(stateful), settings(2, maxPoll, 5)
                .withOnError(ErrorPolicy.deadLetter("dead", retries)), (call, instance) -> {
                    Fault fault = script.remove(++calls[0]);
                    return fault == null ? Fault.NONE : fault;
                })) {
            driver.refuseRows(values -> values.get(1) instanceof Integer value && value % 3 == 2);
            for (int number = 0; number < INPUTS; number++) {
                driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 7, number);
            }
            driver.run().assertExactlyOnce();
        }
    }

    private static void everyFault(UnaryOperator<Ledger> ledgers) {
        for (Fault fault : EnumSet.complementOf(EnumSet.of(Fault.NONE))) {
            IntStream.rangeClosed(1, CALLS).forEach(call -> {
                try (TestDriver driver = run(topology(false), settings(2, 4, 6), Map.of(call, fault), ledgers)) {
                    driver.assertExactlyOnce();
                } catch (AssertionError e) {
                    throw new AssertionError(fault + " at call " + call, e);
                }
            });
        }
    }

    /// Every single call of a run, met by every single fault.
    @Property(tries = 1)
    void everyFaultAtEveryCall() {
        everyFault(UnaryOperator.identity());
    }

    /// Planted: whoever takes over commits what was prepared, though the database has not decided so.
    @Property(tries = 1)
    void aPreparedTransactionCommittedAgainstTheDatabaseIsCaught() {
        assertThrows(AssertionError.class, () -> everyFault(ledger -> new PlantedRowBugsTest.Passing(ledger) {
            private String prepared;

            @Override
            public CompletableFuture<String> take(String transactionalId) {
                return ledger.take(transactionalId).thenApply(decided -> prepared == null ? decided : prepared);
            }

            @Override
            public CompletableFuture<Void> commit(List<Entry> rows,
                    Map<TopicPartition, OffsetAndMetadata> moved, String now) {
                prepared = now;
                return ledger.commit(rows, moved, now);
            }
        }));
    }

    /// Planted: what the database has decided is not looked at, and aborted.
    @Property(tries = 1)
    void aDecisionThatIsNotCarriedOutIsCaught() {
        assertThrows(AssertionError.class, () -> everyFault(ledger -> new PlantedRowBugsTest.Passing(ledger) {
            @Override
            public CompletableFuture<String> take(String transactionalId) {
                return ledger.take(transactionalId).thenApply(decided -> null);
            }
        }));
    }
}
