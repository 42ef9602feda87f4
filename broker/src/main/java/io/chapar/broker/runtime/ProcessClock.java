package io.chapar.broker.runtime;

import java.util.concurrent.TimeUnit;

/// The time of this process: it begins with the wall clock's, and goes on with the monotonic clock's.
public final class ProcessClock {
    private static final long BEGUN_MS = System.currentTimeMillis();
    private static final long BEGUN_NS = System.nanoTime();

    private ProcessClock() {}

    /// From any thread.
    public static long nowMs() {
        return BEGUN_MS + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - BEGUN_NS);
    }
}
