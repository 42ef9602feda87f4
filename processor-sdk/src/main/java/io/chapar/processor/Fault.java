package io.chapar.processor;

/// What a [MemoryCluster] does to one call instead of answering it as it should.
enum Fault {
    NONE,
    /// The process dies before the call takes effect; what was sent and not flushed is not in the log.
    CRASH_BEFORE,
    /// The process dies before the call takes effect; what was sent and not flushed is in the log.
    CRASH_BEFORE_BUT_WRITTEN,
    /// The process dies before the call takes effect; of what was sent and not flushed the log has what went to
    /// changelogs.
    CRASH_BEFORE_BUT_CHANGELOGS_WRITTEN,
    /// The process dies before the call takes effect; of what was sent and not flushed the log has what went to some
    /// partitions.
    CRASH_BEFORE_BUT_PARTLY_WRITTEN,
    /// The process dies when the call has taken effect.
    CRASH_AFTER,
    /// The call does not take effect, and says so.
    REFUSED,
    /// The call does not take effect; its answer is lost.
    LOST_BEFORE,
    /// The call takes effect; its answer is lost.
    LOST_AFTER,
    /// The broker fences the producer, as it does when a transaction is open too long.
    FENCE,
    /// The group forgets the member, which does not know it yet.
    EXPIRE,
    /// The group begins a rebalance.
    REBALANCE
}
