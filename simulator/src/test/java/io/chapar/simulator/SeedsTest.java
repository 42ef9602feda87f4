package io.chapar.simulator;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

class SeedsTest {
    @Test
    void theSameSeedGoesTheSameWay() {
        for (long seed = 1; seed <= 3; seed++) {
            assertEquals(Simulation.run(seed).traceHash(), Simulation.run(seed).traceHash());
        }
        assertNotEquals(Simulation.run(1).traceHash(), Simulation.run(2).traceHash());
    }

    @Test
    void everyPromiseHoldsForTheFixedSeeds() {
        for (long seed = 1; seed <= 20; seed++) {
            Simulation.Result result = Simulation.run(seed);
            assertNull(result.broken(), () -> result.broken() + "\n" + result.world() + "\n"
                    + String.join("\n", result.trace().tail(60)));
        }
    }
}
