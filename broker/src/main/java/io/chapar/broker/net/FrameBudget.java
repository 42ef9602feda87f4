package io.chapar.broker.net;

import java.util.concurrent.atomic.AtomicLong;

/// Memory that frames still being received may take, over all connections. A connection that would go beyond it is
/// closed, so that many half-sent requests cannot starve the whole ones. Small frames do not count.
final class FrameBudget {
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

    void giveBack(long bytes) {
        taken.addAndGet(-bytes);
    }
}
