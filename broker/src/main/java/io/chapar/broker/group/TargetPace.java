package io.chapar.broker.group;

/// When a group may be shared out anew: so long after the last time. The time of a target that was found in the log is
/// by the clock of whoever wrote it, another broker or an earlier life of this one, which may have been ahead of this
/// one's; it then counts from when it was found.
final class TargetPace {
    private int foundEpoch = 0;
    private long foundAtMs = 0;

    /// @param targetEpoch of what the log says
    void begin(int targetEpoch, long nowMs) {
        foundEpoch = targetEpoch;
        foundAtMs = nowMs;
    }

    /// @param targetEpoch 0 where nothing was shared out yet
    /// @param atMs when that was
    /// @param assignmentMs time between two targets
    long dueMs(int targetEpoch, long atMs, int assignmentMs) {
        if (targetEpoch == 0) {
            return 0;
        }
        return (targetEpoch == foundEpoch ? Math.min(atMs, foundAtMs) : atMs) + assignmentMs;
    }
}
