package io.chapar.simulator;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

/// The build's own seeds; as many more as one likes with `chapar simulate`.
class SeedsTest {
    private static final int LAST_SEED = 14;
    private static final int LAST_NIGHTLY_SEED = 10_000;

    @Test
    void theSameSeedGoesTheSameWay() {
        for (long seed = 1; seed <= 2; seed++) {
            assertEquals(Simulation.run(seed).traceHash(), Simulation.run(seed).traceHash());
        }
        assertNotEquals(Simulation.run(1).traceHash(), Simulation.run(2).traceHash());
    }

    @Test
    void everyPromiseHoldsForTheFixedSeeds() {
        for (long seed = 1; seed <= LAST_SEED; seed++) {
            Simulation.Result result = Simulation.run(seed);
            assertNull(result.broken(),
                    () -> "seed " + result.seed() + ": " + result.broken() + "\n" + result.world() + "\n"
                            + String.join("\n", result.trace().tail(60)));
        }
    }

    @Test
    @Tag("nightly")
    void everyPromiseHoldsForManySeeds() {
        for (long seed = LAST_SEED + 1; seed <= LAST_NIGHTLY_SEED; seed++) {
            Simulation.Result result = Simulation.run(seed);
            assertNull(result.broken(), () -> "seed " + result.seed() + ": " + result.broken());
        }
    }
}
