package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;

import java.util.List;

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
    /// logs, wherever those are led by now, but need not count as committed again in this order: followers have to say
    /// so once more, and what was not known to be synced is synced first, each log by itself. The registration itself
    /// has to be there; where no log of the coordinator that has more can be read, that it has more is enough.
    private boolean isOnItsWay(GhostLog written, SeenBatch batch) {
        if (!written.isFromBefore(batch)) {
            return false;
        }
        boolean readable = true;
        for (GhostLog log : ghosts().all()) {
            boolean there = log.broker() == written.broker()
                    || (log.cluster() == written.cluster() && ghosts().swarm().replicated());
            if (!there || !log.id().topic().equals(CoordinatorKeys.TRANSACTION_STATE)) {
                continue;
            }
            for (SeenReplica replica : log.replicas()) {
                List<SeenBatch> uncommitted = ReplicaReads.uncommitted(replica, log.id(), log.end());
                if (uncommitted != null && coordinator.isRegistered(uncommitted, written.id(), batch)) {
                    return true;
                }
                boolean isCurrent = replica.partition() == log.partition();
                readable &= uncommitted != null || !isCurrent || replica.partition().logEndOffset() <= log.end();
            }
        }
        return !readable;
    }
}
