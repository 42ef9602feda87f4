package io.chapar.simulator;

import io.chapar.broker.partition.Partition;

/// What a transaction wrote that may still be aborted, compaction leaves alone, and what it might replace.
final class CompactionWaitsForTransactions extends Promise {
    CompactionWaitsForTransactions() {
        super("Compaction stays below the first open transaction");
    }

    @Override
    void moved(GhostLog log, Partition partition) {
        if (partition.compactedUpTo() > log.firstOpen(log.current().broker()) && !ghosts().isLossy(log)) {
            breach(log.name() + " is compacted up to " + partition.compactedUpTo()
                    + ", and a transaction is open from " + log.firstOpen());
        }
    }
}
