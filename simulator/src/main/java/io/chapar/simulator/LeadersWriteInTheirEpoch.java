package io.chapar.simulator;

/// What a leader appends bears the epoch of its leadership. So whoever cuts a log by epochs knows what stood in it when
/// that leadership began.
final class LeadersWriteInTheirEpoch extends Promise {
    LeadersWriteInTheirEpoch() {
        super("Leaders write in their own epoch");
    }

    @Override
    void appended(GhostLog log, SeenBatch batch) {
        SeenReplica replica = log.current();
        boolean own = replica.isLeading() && batch.base() >= replica.ledFrom();
        if (own ? batch.leaderEpoch() != replica.epoch : batch.leaderEpoch() > replica.epoch) {
            breach(log.name() + ": " + batch + " bears epoch " + batch.leaderEpoch() + " at " + replica.broker().name()
                    + ", which leads in epoch " + replica.epoch + " from " + replica.ledFrom() + " on");
        }
    }
}
