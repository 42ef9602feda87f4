package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// That a database which does not keep what [Ledger] promises is noticed: each of these is caught by some fault at some
/// call.
class PlantedRowBugsTest {
    private static final int CALLS = 60;
    private static final String SQL = "INSERT INTO things VALUES (?)";

    private static boolean isCaught(UnaryOperator<Ledger> planted) {
        Topology topology = Topology.from("in", Serdes.int32(), Serdes.int32()).toJdbc(new JdbcDataSource(),
                JdbcStatement.of(SQL, record -> JdbcStatement.values(record.value())));
        TestDriver.Settings settings = TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withInstances(2, 3)
                .withCommitRecords(4, 3);
        for (Fault fault : List.of(Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.EXPIRE, Fault.CRASH_AFTER)) {
            for (int at = 1; at <= CALLS; at++) {
                int[] calls = {at};
                try (TestDriver driver = TestDriver.of(topology, settings,
                        (call, instance) -> --calls[0] == 0 ? fault : Fault.NONE, planted)) {
                    for (int number = 0; number < 24; number++) {
                        driver.pipe("in", Serdes.int32(), Serdes.int32(), number % 7, number);
                    }
                    driver.run().assertExactlyOnce();
                } catch (AssertionError | ProcessorException | IllegalStateException e) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Passes everything on.
    static class Passing implements Ledger {
        final Ledger ledger;

        Passing(Ledger ledger) {
            this.ledger = ledger;
        }

        @Override
        public CompletableFuture<Void> ready() {
            return ledger.ready();
        }

        @Override
        public CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(
                SortedSet<TopicPartition> partitions, SortedSet<String> settled) {
            return ledger.claim(partitions, settled);
        }

        @Override
        public CompletableFuture<SortedSet<String>> holders(SortedSet<TopicPartition> partitions) {
            return ledger.holders(partitions);
        }

        @Override
        public CompletableFuture<String> take(String transactionalId) {
            return ledger.take(transactionalId);
        }

        @Override
        public CompletableFuture<Void> release(SortedSet<TopicPartition> partitions) {
            return ledger.release(partitions);
        }

        @Override
        public void forget(SortedSet<TopicPartition> partitions) {
            ledger.forget(partitions);
        }

        @Override
        public CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> positions,
                String prepared) {
            return ledger.commit(rows, positions, prepared);
        }

        @Override
        public CompletableFuture<Void> write(List<Entry> rows, boolean good) {
            return ledger.write(rows, good);
        }

        @Override
        public List<Refusal> takeRefusals() {
            return ledger.takeRefusals();
        }

        @Override
        public void reset() {
            ledger.reset();
        }

        @Override
        public void drop() {
            ledger.drop();
        }
    }

    @Test
    void withoutABugNothingIsCaught() {
        assertFalse(isCaught(Passing::new));
    }

    @Test
    void positionsCommittedApartFromRowsAreCaught() {
        assertTrue(isCaught(ledger -> new Passing(ledger) {
            @Override
            public CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> moved,
                    String prepared) {
                return ledger.write(rows, false).thenCompose(written -> ledger.commit(List.of(), moved, prepared));
            }
        }));
    }

    @Test
    void anUnknownOutcomeTakenForACommitIsCaught() {
        assertTrue(isCaught(ledger -> new Passing(ledger) {
            @Override
            public CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> moved,
                    String prepared) {
                try {
                    return ledger.commit(rows, moved, prepared);
                } catch (UnknownOutcomeException e) {
                    return CompletableFuture.completedFuture(null);
                }
            }
        }));
    }

    /// A commit that claims first passes every check.
    @Test
    void anEpochThatIsNotCheckedIsCaught() {
        assertTrue(isCaught(ledger -> new Passing(ledger) {
            @Override
            public CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> moved,
                    String prepared) {
                return ledger.claim(new TreeSet<>(moved.keySet()), new TreeSet<>())
                        .thenCompose(claimed -> ledger.commit(rows, moved, prepared));
            }
        }));
    }

    /// An unknown outcome taken for a failure, whose rows are written once more without a look at the positions.
    @Test
    void anUnknownOutcomeTakenForAFailureIsCaught() {
        assertTrue(isCaught(ledger -> new Passing(ledger) {
            @Override
            public CompletableFuture<Void> commit(List<Entry> rows, Map<TopicPartition, OffsetAndMetadata> moved,
                    String prepared) {
                try {
                    return ledger.commit(rows, moved, prepared);
                } catch (UnknownOutcomeException e) {
                    return ledger.commit(rows, moved, prepared);
                }
            }
        }));
    }
}
