package io.chapar.broker.replica;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// What is committed stays, whoever leads, in whatever order things happen.
class ReplicationProperties {
    private static final int STEPS = 3_000;

    private static void run(int from, int seeds, boolean moving) {
        long committed = 0;
        long leaderships = 0;
        int whole = 0;
        int moves = 0;
        for (int seed = from; seed < from + seeds; seed++) {
            ReplicationModel model = new ReplicationModel(seed, moving);
            try {
                model.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
            committed += model.committed();
            leaderships += model.leaderships();
            whole += model.isLost() ? 0 : 1;
            moves += model.moves();
        }
        assertTrue(committed > 15L * seeds, "records were committed: " + committed);
        assertTrue(leaderships > 3L * seeds, "leaders changed: " + leaderships);
        assertTrue(whole > seeds / 2, "runs without an unclean election: " + whole);
        assertTrue(!moving || moves > seeds / 5, "replicas moved: " + moves);
    }

    @Test
    void whatIsCommittedStays() {
        run(1, 150, false);
    }

    @Test
    void whatIsCommittedStaysWhileReplicasMove() {
        run(1, 25, true);
    }

    @Test
    @Tag("nightly")
    void whatIsCommittedStaysWhileReplicasMoveInManyMoreWorlds() {
        run(1_000, 20_000, true);
    }

    @Test
    @Tag("nightly")
    void whatIsCommittedStaysInManyMoreWorlds() {
        run(1_000, 20_000, false);
    }
}
