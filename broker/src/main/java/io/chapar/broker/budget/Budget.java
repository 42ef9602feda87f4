package io.chapar.broker.budget;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.atomic.AtomicLong;

/// How much of one thing that clients leave in memory this broker keeps, over all its loops.
///
/// The bound is for admission: [Share#grow] refuses what would go beyond it. What stands in a log is there and counts,
/// whatever the bound ([Share#holds]), so that a bound that was lowered keeps nothing from being loaded.
public final class Budget {
    private static final Logger LOG = LoggerFactory.getLogger(Budget.class);
    /// Of the bound, from which on room is made for others before somebody has to be refused.
    private static final double TIGHT = 0.875;

    private final String setting;
    private final long limit;
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    /// Since the budget was last half empty.
    private final AtomicLong refusedInARow = new AtomicLong();

    /// @param setting that says the bound
    public Budget(String setting, long limit) {
        this.setting = setting;
        this.limit = limit;
    }

    public static Budget unbounded() {
        return new Budget("nothing", Long.MAX_VALUE);
    }

    public String setting() {
        return setting;
    }

    public long limit() {
        return limit;
    }

    public long used() {
        return used.get();
    }

    /// How often somebody was refused.
    public long refused() {
        return refused.get();
    }

    public boolean isTight() {
        return used.get() > limit * TIGHT;
    }

    public boolean isFull() {
        return used.get() >= limit;
    }

    public Share share() {
        return new Share();
    }

    /// The first refusal of a row is told, the tenth, the hundredth and so on.
    private void refuse() {
        refused.incrementAndGet();
        long count = refusedInARow.incrementAndGet();
        long power = 1;
        while (power < count) {
            power *= 10;
        }
        if (power == count) {
            LOG.warn("{} of {} ({}) are used: {} requests for more were refused", used(), limit, setting, count);
        }
    }

    /// What one owner holds, on that owner's loop alone.
    public final class Share {
        private long held;

        private Share() {}

        /// Takes so much more, or nothing, if that would be beyond the bound.
        public boolean grow(long by) {
            if (by > 0 && used.addAndGet(by) > limit) {
                used.addAndGet(-by);
                refuse();
                return false;
            }
            held += Math.max(0, by);
            return true;
        }

        /// So much is held now, within the bound or not.
        public void holds(long now) {
            if (now != held) {
                long all = used.addAndGet(now - held);
                held = now;
                if (all < limit / 2 && refusedInARow.get() != 0) {
                    refusedInARow.set(0);
                }
            }
        }

        public long held() {
            return held;
        }

        public Budget budget() {
            return Budget.this;
        }
    }
}
