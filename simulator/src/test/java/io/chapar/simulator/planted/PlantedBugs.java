package io.chapar.simulator.planted;

import java.util.List;

import static io.chapar.simulator.planted.PlantedBug.in;

/// Bugs that the simulation has to find. Each spoils one line of the broker's or the coordinator's own code; that the
/// list still fits the code is a test, that each is caught is the nightly proof that the simulation's checks bite.
final class PlantedBugs {
    private static final String PRODUCERS = "io.chapar.broker.producer.";
    private static final String COORDINATION = "io.chapar.broker.coordinator.";

    static final List<PlantedBug> ALL = List.of(
            // idempotence
            in("broker", PRODUCERS + "ProducerEntry", "a window of four batches",
                    "static final int WINDOW = 5;", "static final int WINDOW = 4;"),
            in("broker", PRODUCERS + "ProducerTable", "gaps in the sequence pass",
                    "return next ? null : ", "return next || first > 0 ? null : "),
            in("broker", PRODUCERS + "ProducerTable", "an older epoch may write",
                    "if (epoch < entry.epoch()) {", "if (epoch < entry.epoch() - 1) {"),
            in("broker", PRODUCERS + "ProducerEntry", "the marker's epoch is not kept",
                    "changeEpoch(markerEpoch);", ""),
            // what readers of committed data see
            in("broker", PRODUCERS + "OpenTxns", "the last stable offset is one too high",
                    "return undecided.isEmpty() ? first : Math.min(first, undecided.firstKey());",
                    "return undecided.isEmpty() ? first : Math.min(first, undecided.firstKey() + 1);"),
            in("broker", PRODUCERS + "AbortedTxnIndex", "an aborted transaction is missing at its marker",
                    "entry.lastOffset() >= from &&", "entry.lastOffset() - 1 > from &&"),
            in("broker", "io.chapar.broker.log.PartitionLog", "aborted transactions are not written down",
                    "if (completed != null && completed.aborted()) {", "if (completed != null && !completed.aborted()) {"),
            in("broker", "io.chapar.broker.partition.PartitionReads", "committed readers read to the high watermark",
                    "long upper = committed ? stable : ", "long upper = committed ? partition.highWatermark() : "),
            // recovery
            in("broker", PRODUCERS + "ProducerTable", "open transactions are forgotten with a restart",
                    "if (entry.hasOpenTxn()) {\n            txns.begin(", "if (!entry.hasOpenTxn()) {\n            txns.begin("),
            in("broker", "io.chapar.broker.log.LogRecovery", "torn batches are taken in",
                    "if (!batch.isCrcValid()) {", "if (batch.sizeInBytes() < 0) {"),
            // verification
            in("broker", PRODUCERS + "ProducerTable", "a write needs no guard",
                    "&& !opens(verification, guard)", "&& verification == null"),
            in("broker", PRODUCERS + "ProducerTable", "a guard outlives its transaction",
                    "verifications.dropUpTo(producerId, transactionVersion >= 2 ? markerEpoch - 1 : markerEpoch);",
                    "verifications.dropUpTo(producerId, -1);"),
            // the coordinator
            in("broker", COORDINATION + "PartitionCoordinatorLog", "a record counts before it is in the log",
                    "pending.addLast(new Pending(List.copyOf(records), txnOrNull, done));",
                    "pending.addLast(new Pending(List.copyOf(records), txnOrNull, _ -> {}));"
                            + " loop.execute(() -> done.accept(new Appending.Committed(partition.logEndOffset())));"),
            in("broker", COORDINATION + "TxnCoordinatorHost", "markers go before the decision is in the log",
                    "case TxnEffect.Append append -> append(append.record());",
                    "case TxnEffect.Append append -> { if (append.record().state() instanceof TxnState.Preparing p) {"
                            + " sender.send(this, log.coordinatorEpoch(), new TxnEffect.SendMarkers("
                            + "append.record().transactionalId(), p.producerId(), p.producerEpoch(), p.outcome(),"
                            + " p.version(), List.copyOf(p.partitions()))); } append(append.record()); }"),
            in("broker", COORDINATION + "MarkerSender", "an abort commits",
                    "markers.outcome() == Outcome.COMMIT", "markers.outcome() != null"),
            in("txn-coordinator", "io.chapar.txn.TxnCoordinator", "replay judges",
                    "Check.that(!started, \"replay ends before the start\", record);",
                    "if (table.find(record.transactionalId()) != null && table.find(record.transactionalId()).state"
                            + " instanceof TxnState.Ongoing o && o.partitions().size() > 1) { return; }"),
            in("txn-coordinator", "io.chapar.txn.MarkerFanout", "one marker is enough",
                    "owing.remove(partition);", "owing.clear();"),
            in("txn-coordinator", "io.chapar.txn.MarkerFanout", "a refused marker counts as written",
                    "if (result == MarkerResult.RETRY) {", "if (result == null) {"),
            in("txn-coordinator", "io.chapar.txn.TxnCoordinator", "nobody's time runs out",
                    "case TxnState.Ongoing open -> open.deadlineMs();",
                    "case TxnState.Ongoing open -> TxnTable.NEVER;"),
            // groups
            in("broker", "io.chapar.broker.group.GroupCoordinator", "offsets of an aborted transaction count",
                    "end(producerId, marker.commit());", "end(producerId, true);"),
            // metadata
            in("broker", "io.chapar.broker.metadata.ControllerCore", "producer ids are given out twice",
                    "long first = image.nextProducerId();", "long first = image.nextProducerId() / 2;"));

    private PlantedBugs() {}
}
