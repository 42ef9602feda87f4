package io.chapar.simulator;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ProducerDescription;

/// What a partition knows of its producers is what its log says: always, and after each restart, whatever snapshot it
/// began with; of what stands in front of where it was begun anew, nothing.
final class ProducersAreTheFoldOfTheLog extends Promise {
    private static final int SELDOM = 8;
    private int calls;

    ProducersAreTheFoldOfTheLog() {
        super("What a partition knows of its producers is what its log says");
    }

    @Override
    void moved(GhostLog log, Partition partition) {
        if (partition.logEndOffset() != partition.highWatermark() || log.isDamaged()) {
            return;
        }
        if (calls++ % SELDOM != 0 && log.current().highWatermark != 0) {
            return;
        }
        for (ProducerDescription told : partition.describeProducers()) {
            GhostLog.Producer known = log.producers().get(told.producerId());
            if (known == null) {
                // Its batches are gone with retention; or it was begun by nothing that is in the log.
                continue;
            }
            boolean right = told.producerEpoch() == known.epoch
                    && (known.lastSequence < 0 || told.lastSequence() == known.lastSequence
                            || (known.lastData < log.beganAnewAt() && told.lastSequence() < 0))
                    && beganAt(told.currentTxnStartOffset(), log.openFrom(told.producerId()), log);
            if (!right) {
                breach(log.name() + ": " + told + " where the log says epoch " + known.epoch + ", sequence "
                        + known.lastSequence + ", open from " + known.openFrom);
            }
        }
        for (var known : log.producers().entrySet()) {
            boolean isThere = partition.logStartOffset() == 0 && !log.isCompacted() && !ghosts().isLossy(log);
            if ((isThere || known.getValue().openFrom >= partition.logStartOffset())
                    && partition.describeProducers().stream()
                            .noneMatch(told -> told.producerId() == known.getKey())) {
                breach(log.name() + ": producer " + known.getKey() + " is forgotten; open from "
                        + known.getValue().openFrom);
            }
        }
    }

    /// What a log has lost and begins behind says nothing of what stood before: the broker may know it from a snapshot.
    private static boolean beganAt(long told, long known, GhostLog log) {
        return told == known || (told >= 0 && told < log.knownFrom() && known >= log.knownFrom());
    }
}
