package io.chapar.processor;

import io.chapar.transport.VirtualLoop;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class StepClockTest {
    private final VirtualLoop loop = new VirtualLoop();
    private long wallClockMs = 1_000;
    private int asked;
    private final StepClock clock = new StepClock(loop, () -> {
        asked++;
        return wallClockMs;
    });

    @Test
    void aStepThatFollowsOnWorkBeginsWhenThatEnded() {
        clock.step();
        long beganMs = clock.nowMs();
        loop.advance(7);
        wallClockMs += 7;
        assertEquals(beganMs + 7, clock.worked());
        loop.advance(1);
        clock.step();
        assertEquals(beganMs + 7, clock.nowMs());
        assertEquals(1_007, clock.wallClockMs());
    }

    @Test
    void aStepThatFollowsOnAnythingElseBeginsNow() {
        clock.step();
        long beganMs = clock.nowMs();
        clock.worked();
        clock.interrupted();
        loop.advance(3);
        wallClockMs += 10;
        clock.step();
        assertEquals(beganMs + 3, clock.nowMs());
        assertEquals(1_010, clock.wallClockMs());
        // Also when no time has passed by the other clock.
        wallClockMs += 10;
        clock.step();
        assertEquals(1_020, clock.wallClockMs());
    }

    @Test
    void withinAMillisecondTheWallClockIsNotAskedAgain() {
        clock.step();
        for (int i = 0; i < 3; i++) {
            clock.worked();
            clock.step();
        }
        assertEquals(1, asked);
    }
}
