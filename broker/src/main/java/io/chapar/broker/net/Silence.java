package io.chapar.broker.net;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.TimeUnit;

/// How long a connection has been silent, and how long it may be. On its loop.
final class Silence {
    /// Of nobody's concern; can be added to any moment.
    private static final long LONGEST_NS = Long.MAX_VALUE / 4;

    private final ServerLimits limits;
    private final ConnectionEffects<?> effects;
    private final long idleNs;
    private final long firstRequestUntilNs;
    private long lastTrafficNs;
    private boolean asked;

    Silence(ServerLimits limits, ConnectionEffects<?> effects, long nowNs) {
        this.limits = limits;
        this.effects = effects;
        this.idleNs = inNs(limits.maxIdleMs());
        this.firstRequestUntilNs = nowNs + inNs(limits.firstRequestMs());
        this.lastTrafficNs = nowNs;
    }

    private static long inNs(long ms) {
        return Math.min(TimeUnit.MILLISECONDS.toNanos(ms), LONGEST_NS);
    }

    void broken() {
        lastTrafficNs = effects.nowNs();
    }

    /// A whole request came.
    void asks() {
        if (!asked) {
            asked = true;
            effects.asked();
        }
    }

    /// @param waits the connection is not read, so that it can complete nothing
    long deadlineNs(boolean waits) {
        long idleUntilNs = lastTrafficNs + idleNs;
        return asked || waits ? idleUntilNs : Math.min(idleUntilNs, firstRequestUntilNs);
    }

    /// Why the connection is closed, if it is.
    ///
    /// @param waits the connection is not read, so that it can complete nothing
    @Nullable String fault(long nowNs, boolean waits) {
        return asked || waits || nowNs - firstRequestUntilNs < 0 ? null
                : "no whole request came in its first " + limits.firstRequestMs()
                        + " ms (connections.first.request.ms)";
    }

    /// Once for each time that is too long.
    boolean isIdle(long nowNs) {
        boolean idle = nowNs - lastTrafficNs >= idleNs;
        if (idle) {
            lastTrafficNs = nowNs;
        }
        return idle;
    }
}
