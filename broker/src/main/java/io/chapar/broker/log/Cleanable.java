package io.chapar.broker.log;

/// What compaction would find in a log.
///
/// @param firstDirty the last compaction came up to here
/// @param end what lies here and behind cannot be compacted yet; a segment begins here
/// @param cleanBytes in segments that were compacted already
/// @param dirtyBytes in those that were not
/// @param overdue something has lain here longer than `max.compaction.lag.ms`, or the time of a tombstone or a marker
///        is up
public record Cleanable(long firstDirty, long end, long cleanBytes, long dirtyBytes, boolean overdue) {
    static final Cleanable NOTHING = new Cleanable(0, 0, 0, 0, false);

    /// Share of bytes that was not compacted yet.
    public double dirtyRatio() {
        return dirtyBytes == 0 ? 0 : (double) dirtyBytes / (cleanBytes + dirtyBytes);
    }

    /// Whether a compaction is worth its cost, by the topic's settings.
    public boolean isDue(LogConfig config) {
        return overdue || dirtyRatio() > config.minCleanableDirtyRatio();
    }
}
