package io.chapar.processor;

import java.time.Duration;
import java.util.UUID;

/// How far a store has come in its changelog: every committed entry before `offset` is in it. Later ones may be as
/// well, so an older standing does no harm: what is read again leaves each key with its latest value.
///
/// @param topic the id of the changelog topic, all zeros when the cluster has no ids
/// @param atMs when that was, by the wall clock
record Standing(UUID topic, long offset, long atMs) {
    /// Half of the time for which a changelog keeps the entries that remove keys (`delete.retention.ms`, a day): a
    /// store that is older may have missed some.
    static final long MAX_AGE_MS = Duration.ofHours(12).toMillis();

    /// Whether what a store that stands here misses can be read of this changelog. If not it is another topic, or what
    /// is missing may not be there any more.
    boolean isIn(Log log, long nowMs) {
        boolean there = topic.equals(log.topic()) && offset >= log.start() && offset <= log.end();
        // The last entry is there in any case, and behind it at most the marker of its transaction.
        boolean old = nowMs - atMs > MAX_AGE_MS && log.end() > offset + 1;
        return there && !old;
    }

    /// A changelog partition as it is: its first offset, and the one behind its last.
    record Log(UUID topic, long start, long end) {
        Standing at(long offset, long nowMs) {
            return new Standing(topic, offset, nowMs);
        }
    }
}
