package io.chapar.simulator;

/// Offsets are dense and leader epochs never fall.
final class LogsGrowWithoutGaps extends Promise {
    LogsGrowWithoutGaps() {
        super("Logs grow without gaps");
    }

    @Override
    void appended(GhostLog log, SeenBatch batch) {
        if (batch.base() != log.end()) {
            breach(log.name() + " ends at " + log.end() + " and gets " + batch);
        }
        var last = log.batches().lastEntry();
        if (last != null && batch.leaderEpoch() < last.getValue().leaderEpoch()) {
            breach(log.name() + ": leader epoch falls to " + batch.leaderEpoch() + " with " + batch);
        }
    }
}
