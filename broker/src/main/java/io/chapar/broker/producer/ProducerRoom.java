package io.chapar.broker.producer;

import io.chapar.broker.budget.Budget;
import org.jspecify.annotations.Nullable;

/// Whether one partition has room for a producer that it does not know.
///
/// A producer that is known is never refused here, and is forgotten only when it was idle: for its whole time, or where
/// there is no room, for as long as [ProducerLimits] says that nobody repeats a batch. So no limit makes a batch be
/// written twice.
public final class ProducerRoom {
    /// Between two looks for idle producers in a table that is full: one goes over the whole table.
    private static final long LOOK_EVERY_MS = 60_000;
    /// Of the partition's bound, from which on room is made before somebody has to be refused.
    private static final double TIGHT = 0.875;

    private final ProducerLimits limits;
    private final Budget.Share share;
    private long nextLookMs = Long.MIN_VALUE;

    public ProducerRoom(ProducerLimits limits) {
        this.limits = limits;
        this.share = limits.total().share();
    }

    /// Why there is no room for one more producer; null when there is, which is taken then until [#count].
    ///
    /// @param expirationMs idle time after which a producer is forgotten anyway
    public @Nullable String refusal(ProducerTable table, long nowMs, long expirationMs) {
        boolean full = table.size() >= limits.maxPerPartition();
        if ((full || limits.total().isFull()) && nowMs >= nextLookMs) {
            nextLookMs = nowMs + LOOK_EVERY_MS;
            table.expire(nowMs, Math.min(expirationMs, limits.evictionIdleMs()));
            count(table);
            full = table.size() >= limits.maxPerPartition();
        }
        if (!full && share.grow(1)) {
            return null;
        }
        return full
                ? "this partition remembers " + table.size()
                        + " producers, which is all it may (producer.ids.max.per.partition)"
                : "this broker remembers " + limits.total().used() + " producers in its partitions, where "
                        + limits.total().limit() + " are allowed (" + limits.total().setting() + ")";
    }

    /// Forgets who was idle for long enough.
    public void expire(ProducerTable table, long nowMs, long expirationMs) {
        boolean tight = limits.total().isTight() || table.size() > limits.maxPerPartition() * TIGHT;
        table.expire(nowMs, tight ? Math.min(expirationMs, limits.evictionIdleMs()) : expirationMs);
        count(table);
    }

    /// What the table holds now is what counts.
    public void count(ProducerTable table) {
        share.holds(table.held());
    }

    /// The table is gone.
    public void close() {
        share.holds(0);
    }
}
