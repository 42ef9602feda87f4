package io.chapar.simulator;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// Compaction leaves a transaction's marker in the log as long as it leaves a record of it: without the marker, whoever
/// works the log out anew takes the transaction for open, or for one with the producer's next.
final class MarkersOutliveTheirData extends Promise {
    MarkersOutliveTheirData() {
        super("A marker is there as long as a record of its transaction");
    }

    @Override
    void readWhole(GhostLog log, List<SeenBatch> batches) {
        if (batches.isEmpty() || ghosts().isLossy(log)) {
            return;
        }
        SortedSet<Long> markers = new TreeSet<>();
        batches.stream().filter(batch -> !batch.isData()).forEach(marker -> markers.add(marker.base()));
        long end = batches.getLast().last();
        for (SeenBatch batch : batches) {
            GhostLog.Ended txn = batch.transactional() && !batch.records().isEmpty() ? log.end(batch) : null;
            if (txn != null && txn.marker() <= end && !markers.contains(txn.marker())) {
                breach(log.name() + ": the marker at " + txn.marker() + " is gone, and " + batch + " is there");
            }
        }
    }
}
