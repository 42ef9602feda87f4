package io.chapar.broker.share;

import io.chapar.broker.partition.Isolation;
import org.jspecify.annotations.Nullable;

/// What a share group has set.
///
/// @param lockMs how long a record is locked for who acquired it
/// @param deliveries how often a record is delivered at the most
/// @param locks offsets of a partition that may be neither done with nor ahead of all members
/// @param mayRenew whether members may renew locks
/// @param isolation of what is delivered
/// @param reset where a group begins that has not read the partition
public record ShareRules(
        int lockMs, int deliveries, int locks, boolean mayRenew, Isolation isolation, Reset reset) {
    private static final int RUNS_PER_LOCK = 2;
    /// A state of so many batches is written as one record.
    public static final int MOST_RUNS = 40_000;

    public static final ShareRules DEFAULTS =
            new ShareRules(30_000, 5, 2_000, true, Isolation.READ_UNCOMMITTED, Reset.LATEST);

    /// Stretches of offsets with which no more is acquired: what is done with between what is not is kept, and written,
    /// until that is done with too. Those that are in flight may still come apart, into one for each.
    public int runs() {
        return Math.min(RUNS_PER_LOCK * locks, MOST_RUNS - locks);
    }

    /// @param agoMs null unless it is so long before the time at which the group begins
    public record Reset(boolean isEarliest, @Nullable Long agoMs) {
        public static final Reset EARLIEST = new Reset(true, null);
        public static final Reset LATEST = new Reset(false, null);
    }
}
