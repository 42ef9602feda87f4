package io.chapar.simulator;

/// The first record of a transaction in a partition stands there only after the coordinator has committed that the
/// partition belongs to the transaction: otherwise nobody would ever end it there.
final class WritesFollowRegistration extends Promise {
    private final TransactionStatesFollowTheRules coordinator;

    WritesFollowRegistration(TransactionStatesFollowTheRules coordinator) {
        super("A partition is registered before the first write of a transaction");
        this.coordinator = coordinator;
    }

    @Override
    void appended(GhostLog log, SeenBatch batch) {
        if (!batch.isData() || !batch.transactional() || log.id().topic().equals(Topics.HANGING)) {
            return;
        }
        GhostLog.Producer producer = log.producers().get(batch.producerId());
        if (producer == null || producer.openFrom < 0) {
            String wrong = coordinator.whyNotRegistered(log.broker(), log.id(), batch);
            if (wrong != null) {
                breach(log.name() + ": " + batch + ": " + wrong);
            }
        }
    }
}
