package io.chapar.transport;

import java.util.random.RandomGenerator;

/// How long to wait before the next attempt: doubles from `initialMs` up to `maxMs`, then moved by up to a fifth either
/// way so that many clients do not come back in step. Randomness is injected.
public final class Backoff {
    private static final double JITTER = 0.2;
    private static final int MAX_DOUBLINGS = 30;

    private final long initialMs;
    private final long maxMs;
    private final RandomGenerator random;

    public Backoff(long initialMs, long maxMs, RandomGenerator random) {
        this.initialMs = initialMs;
        this.maxMs = Math.max(initialMs, maxMs);
        this.random = random;
    }

    /// The wait before attempt `failures + 1`, after `failures` failed ones; 0 when nothing has failed yet.
    public long delayMs(int failures) {
        if (failures <= 0 || initialMs == 0) {
            return 0;
        }
        double plain = Math.min((double) maxMs, initialMs * (double) (1L << Math.min(failures - 1, MAX_DOUBLINGS)));
        double moved = plain * (1 - JITTER + 2 * JITTER * random.nextDouble());
        return Math.max(1, Math.round(moved));
    }
}
