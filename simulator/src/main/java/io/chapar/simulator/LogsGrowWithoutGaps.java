package io.chapar.simulator;

import java.util.List;

/// Offsets are dense, leader epochs never fall, and a restart finds every batch that was there, unless retention may take it.
final class LogsGrowWithoutGaps extends Promise {
    LogsGrowWithoutGaps() {
        super("Logs grow without gaps and survive restarts");
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

    @Override
    void reopened(GhostLog before, List<SeenBatch> found, long logStart) {
        int i = 0;
        for (SeenBatch known : before.from(0)) {
            if (known.last() < logStart) {
                continue;
            }
            if (i >= found.size() || !found.get(i).isSameAs(known)) {
                breach(before.name() + " held " + known + ", after a restart "
                        + (i < found.size() ? found.get(i) : "nothing"));
                return;
            }
            i++;
        }
    }
}
