package io.chapar.processor;

import io.chapar.transport.ClientLoop;

import java.util.function.LongSupplier;

/// When each step of a runner begins. There is a step for each record, so clocks are read no more often than needed: a
/// step that follows at once on the work on a record begins when that ended. Owned by the runner's loop.
final class StepClock {
    private static final long UNREAD = -1;

    private final ClientLoop home;
    private final LongSupplier wallClock;
    /// When the work ended that the next step follows at once; [#UNREAD]: nothing of the kind.
    private long endedMs = UNREAD;
    private long nowMs;
    private long wallClockMs;

    StepClock(ClientLoop home, LongSupplier wallClock) {
        this.home = home;
        this.wallClock = wallClock;
    }

    /// A step begins.
    void step() {
        boolean follows = endedMs != UNREAD;
        long beganMs = follows ? endedMs : home.nowMs();
        if (!follows || beganMs != nowMs) {
            wallClockMs = wallClock.getAsLong();
        }
        nowMs = beganMs;
        endedMs = UNREAD;
    }

    /// Something else has been done since the last step.
    void interrupted() {
        endedMs = UNREAD;
    }

    /// The step's work on a record has ended, within the step itself. When that was.
    long worked() {
        endedMs = home.nowMs();
        return endedMs;
    }

    /// When the last step began.
    long nowMs() {
        return nowMs;
    }

    /// As [#nowMs], by the wall clock.
    long wallClockMs() {
        return wallClockMs;
    }
}
