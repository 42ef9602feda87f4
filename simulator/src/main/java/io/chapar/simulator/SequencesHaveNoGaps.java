package io.chapar.simulator;

/// Per producer and epoch the sequences in a log follow each other from 0 on, around the end of the numbers; epochs
/// never fall.
final class SequencesHaveNoGaps extends Promise {
    SequencesHaveNoGaps() {
        super("Sequences have no gaps, no repetitions, and epochs never fall");
    }

    @Override
    void appended(GhostLog log, SeenBatch batch) {
        if (batch.producerId() < 0 || log.isDamaged()) {
            return;
        }
        GhostLog.Producer producer = log.producers().get(batch.producerId());
        if (producer == null) {
            return;
        }
        if (batch.epoch() < producer.epoch) {
            breach(log.name() + ": " + batch + " after epoch " + producer.epoch);
            return;
        }
        // Coordinators write offsets for a producer without a sequence worth the name.
        if (!batch.isFromClient() || log.id().topic().startsWith("__")) {
            return;
        }
        boolean fresh = batch.epoch() > producer.epoch || producer.lastSequence < 0;
        int expected = fresh ? 0 : producer.lastSequence == Integer.MAX_VALUE ? 0 : producer.lastSequence + 1;
        // What compaction or retention took away, nobody misses who begins to look only now.
        boolean unknown = ghosts().isLossy(log) && (log.isCompacted() || producer.lastSequence < 0);
        if (batch.firstSequence() != expected && !unknown) {
            breach(log.name() + ": " + batch + " where sequence " + expected + " is next");
        }
    }
}
