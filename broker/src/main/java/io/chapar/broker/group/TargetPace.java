package io.chapar.broker.group;

import io.chapar.broker.group.modern.ModernGroup;

/// When a group may be shared out anew: so long after the last time. The time of a target that was found in the log is
/// by the clock of whoever wrote it, another broker or an earlier life of this one, which may have been ahead of this
/// one's; it then counts from when it was found.
final class TargetPace {
    private final ModernGroup<?, ?, ?> group;
    private int assignmentMs = GroupOutlook.OfGroup.DEFAULTS.assignmentMs();
    private int foundEpoch = 0;
    private long foundAtMs = 0;
    private long delayedUntilMs = 0;

    TargetPace(ModernGroup<?, ?, ?> group) {
        this.group = group;
    }

    /// What is known of the group was found in the log.
    void begin(long nowMs) {
        foundEpoch = group.targetEpoch();
        foundAtMs = nowMs;
    }

    /// @param ms time between two targets
    void set(int ms) {
        assignmentMs = ms;
    }

    /// Members may still come before anything is shared out.
    void delayUntil(long untilMs) {
        delayedUntilMs = untilMs;
    }

    /// When everybody's part is to be worked out; Long.MAX_VALUE while nothing needs that.
    long dueMs() {
        if (!group.needsTarget()) {
            return Long.MAX_VALUE;
        }
        return Math.max(delayedUntilMs, pacedMs());
    }

    /// Whether members may still come for longer than the time between two targets lasts.
    boolean isHeldBack() {
        return delayedUntilMs > pacedMs();
    }

    private long pacedMs() {
        int epoch = group.targetEpoch();
        long atMs = group.targetAtMs();
        return epoch == 0 ? 0 : (epoch == foundEpoch ? Math.min(atMs, foundAtMs) : atMs) + assignmentMs;
    }
}
