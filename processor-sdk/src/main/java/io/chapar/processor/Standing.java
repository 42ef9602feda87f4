package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;

import java.time.Duration;
import java.util.UUID;

/// How far a store has come in its changelog: every committed entry before `offset` is in it. Later ones may be as
/// well, so an older standing does no harm: what is read again leaves each key with its latest value.
///
/// @param topic the id of the changelog topic, all zeros when the cluster has no ids
/// @param epoch the leader epoch in which what was read last before `offset` was written: a log that has been cut since
///        does not have it, however long it has become again (KIP-320). [#NO_EPOCH] for what was written by who has the
///        store, since no broker tells in which epoch it was taken
/// @param atMs by the wall clock: what had been decided by then is in the store, or the first reading of the changelog
///        began then. Not when it was last read of: who is far behind for a long time misses entries that remove keys
record Standing(UUID topic, long offset, int epoch, long atMs) {
    static final int NO_EPOCH = OffsetAndMetadata.NO_LEADER_EPOCH;
    /// Half of the time for which a changelog keeps the entries that remove keys (`delete.retention.ms`, a day): a
    /// store that is older may miss some, and would keep those keys for ever.
    static final long MAX_AGE_MS = Duration.ofHours(12).toMillis();

    /// Where reading goes on.
    OffsetAndMetadata next() {
        return new OffsetAndMetadata(offset, epoch, "");
    }

    /// Whether what a store that stands here misses can be read of this changelog. If not it is another topic, or what
    /// is missing may not be there any more.
    boolean isIn(Log log, long nowMs) {
        boolean there = topic.equals(log.topic()) && offset >= log.start() && offset <= log.end();
        boolean old = nowMs - atMs > MAX_AGE_MS && !isAtEnd(log);
        return there && !old;
    }

    /// No entry that removes a key can be missed any more: the last entry of a log is there in any case, and behind it
    /// at most the marker of its transaction.
    boolean isAtEnd(Log log) {
        return log.end() <= offset + 1;
    }

    /// A changelog partition as it is: its first offset, and the one behind its last.
    record Log(UUID topic, long start, long end) {
        Standing at(OffsetAndMetadata next, long atMs) {
            return new Standing(topic, next.offset(), next.leaderEpoch(), atMs);
        }
    }
}
