package io.chapar.processor;

/// When a commit is due before its interval is over: all that there was to read is done, so that its effects would only
/// wait to be seen. Such commits are as far apart as the last one took, so that they take half of the time at most.
/// Owned by the cycle's thread.
final class CommitPace {
    /// Not sooner than after this part of the interval.
    private static final int PARTS = 4;

    private final boolean early;
    private final long intervalMs;
    private boolean caughtUp;
    private long begunMs;
    private long tookMs;

    /// `early` false: effects do not wait for commits, or are not to be made before.
    CommitPace(boolean early, long intervalMs) {
        this.early = early;
        this.intervalMs = intervalMs;
    }

    /// `nothing`: the last poll brought no record.
    void polled(boolean nothing) {
        caughtUp = nothing;
    }

    void begins(long nowMs) {
        begunMs = nowMs;
    }

    void ended(long nowMs) {
        tookMs = nowMs - begunMs;
    }

    boolean isCaughtUp() {
        return caughtUp;
    }

    /// When what was begun at `sinceMs` is to be committed if there is nothing more to do.
    long restMs(long sinceMs) {
        return sinceMs + (early ? Math.min(intervalMs, Math.max(intervalMs / PARTS, tookMs)) : intervalMs);
    }
}
