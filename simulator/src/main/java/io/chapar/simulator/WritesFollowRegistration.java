package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.partition.Partition;

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
            String wrong = coordinator.whyNotRegistered(log.cluster(), log.id(), batch);
            if (wrong != null && !isOnItsWay(log, batch)) {
                breach(log.name() + ": " + batch + ": " + wrong);
            }
        }
    }

    /// The broker died in the task in which a registration was committed and the write let in. Both stand in their
    /// logs, wherever those are led by now, but followers need not say so again in this order.
    private boolean isOnItsWay(GhostLog written, SeenBatch batch) {
        if (written.isFirstLook() || batch.last() < written.current().ledFrom()) {
            for (GhostLog log : ghosts().all()) {
                Partition partition = log.partition();
                boolean there = log.broker() == written.broker()
                        || (log.cluster() == written.cluster() && ghosts().swarm().replicated());
                if (there && log.id().topic().equals(CoordinatorKeys.TRANSACTION_STATE)
                        && partition != null && partition.logEndOffset() > log.end()) {
                    return true;
                }
            }
        }
        return false;
    }
}
