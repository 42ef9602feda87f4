package io.chapar.simulator;

/// Offsets are dense and leader epochs never fall.
final class LogsGrowWithoutGaps extends Promise {
    LogsGrowWithoutGaps() {
        super("Logs grow without gaps");
    }

    @Override
    void appended(GhostLog log, SeenBatch batch) {
        // What compaction took away, nobody misses who begins to look only now.
        boolean holes = log.isCompacted() && ghosts().isLossy(log) && batch.base() > log.end();
        if (batch.base() != log.end() && !holes) {
            breach(log.name() + " ends at " + log.end() + " and gets " + batch);
        }
        var last = log.batches().lastEntry();
        if (last != null && batch.leaderEpoch() < last.getValue().leaderEpoch()) {
            breach(log.name() + ": leader epoch falls to " + batch.leaderEpoch() + " with " + batch);
        }
    }
}
