package io.chapar.broker.net;

import java.util.concurrent.atomic.AtomicLong;

/// Memory that frames take, over all connections, from their first bytes until their request is done. A connection
/// whose half-sent frame would go beyond it is closed, so that neither many of those nor many that wait for their
/// turn starve the others. Small frames do not count.
final class FrameBudget {
    /// Up to this size a frame is none of the budget's business.
    static final int SMALL = 1 << 16;

    private final long limit;
    private final AtomicLong taken = new AtomicLong();

    FrameBudget(long limit) {
        this.limit = limit;
    }

    boolean take(long bytes) {
        if (taken.addAndGet(bytes) <= limit) {
            return true;
        }
        taken.addAndGet(-bytes);
        return false;
    }

    /// A frame that is whole is there in any case; it leaves less for the next.
    void hold(int frameBytes) {
        if (frameBytes > SMALL) {
            taken.addAndGet(frameBytes);
        }
    }

    void letGo(int frameBytes) {
        if (frameBytes > SMALL) {
            taken.addAndGet(-frameBytes);
        }
    }

    void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }
}
