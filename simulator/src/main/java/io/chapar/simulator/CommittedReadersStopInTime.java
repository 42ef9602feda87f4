package io.chapar.simulator;

import io.chapar.broker.partition.Partition;

/// Log start, last stable offset, high watermark and log end are in order; the last stable offset is the first record
/// whose transaction is open, and in one life of the broker neither mark falls; but where a damaged partition went
/// offline and was opened anew, without what could not be read. Who began a log anew behind the beginning of a
/// transaction knows of it by those of its records alone that are in this log.
final class CommittedReadersStopInTime extends Promise {
    CommittedReadersStopInTime() {
        super("Readers of committed data stop at the first open transaction");
    }

    @Override
    void moved(GhostLog log, Partition partition) {
        SeenReplica before = log.current();
        long high = partition.highWatermark();
        long stable = partition.lastStableOffset();
        long expected = Math.min(high, Math.max(partition.logStartOffset(), firstOpen(log, high)));
        // A transaction may be open whose records retention or compaction took away, and who begins to look only now
        // does not know it: the high watermark of a new life may lie in front of the marker still, by which they went.
        // And a damaged batch may look like the first of one.
        boolean unknown = stable < expected && (log.isDamaged()
                || (ghosts().isLossy(log) && (log.start() > 0 || (log.isCompacted() && !log.holds(stable)))));
        if (stable != expected && !unknown) {
            breach(log.name() + ": last stable offset " + stable + " where it is " + expected + " (high watermark "
                    + high + ", first open transaction " + log.firstOpen() + ", begun anew at " + log.beganAnewAt()
                    + ")");
        } else if ((high != partition.logEndOffset() && ghosts().swarm().commitsAtOnce())
                || high > partition.logEndOffset() || partition.logStartOffset() > stable) {
            breach(log.name() + ": start " + partition.logStartOffset() + " stable " + stable + " high " + high
                    + " end " + partition.logEndOffset());
        } else if ((high < before.highWatermark || stable < before.lastStable) && !log.isDamaged()) {
            breach(log.name() + ": marks fell from " + before.highWatermark + " and " + before.lastStable + " to "
                    + high + " and " + stable);
        }
    }

    /// Where none is open, nothing keeps readers from the high watermark, which may lie in a hole of a compacted log,
    /// behind the last batch in front of it.
    private static long firstOpen(GhostLog log, long high) {
        long open = log.firstOpen(log.current().broker());
        return log.isCompacted() && open == log.end() ? high : open;
    }
}
