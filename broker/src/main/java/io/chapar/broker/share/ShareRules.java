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
    public static final ShareRules DEFAULTS =
            new ShareRules(30_000, 5, 2_000, true, Isolation.READ_UNCOMMITTED, Reset.LATEST);

    /// @param agoMs null unless it is so long before the time at which the group begins
    public record Reset(boolean isEarliest, @Nullable Long agoMs) {
        public static final Reset EARLIEST = new Reset(true, null);
        public static final Reset LATEST = new Reset(false, null);
    }
}
