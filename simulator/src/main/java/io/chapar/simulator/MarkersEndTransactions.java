package io.chapar.simulator;

/// Between the first record of a transaction and the producer's next one stands the marker that ends it; and a marker
/// that ends one says what the coordinator had decided, for a partition that the coordinator knew.
/// Where a later coordinator has written, no earlier one does.
final class MarkersEndTransactions extends Promise {
    private final TransactionStatesFollowTheRules coordinator;

    MarkersEndTransactions(TransactionStatesFollowTheRules coordinator) {
        super("Markers end transactions, as they were decided");
        this.coordinator = coordinator;
    }

    @Override
    void appended(GhostLog log, SeenBatch batch) {
        if (log.id().topic().equals(Topics.HANGING)) {
            return;
        }
        GhostLog.Producer producer = batch.producerId() < 0 ? null : log.producers().get(batch.producerId());
        boolean open = producer != null && producer.openFrom >= 0;
        if (batch.isData()) {
            if (producer != null && open && !ghosts().isLossy(log)
                    && (!batch.transactional() || batch.epoch() != producer.epoch)) {
                breach(log.name() + ": " + batch + " while the transaction of epoch " + producer.epoch + " from "
                        + producer.openFrom + " is open");
            }
            return;
        }
        if (producer != null && batch.coordinatorEpoch() < producer.coordinatorEpoch && !ghosts().isLossy(log)) {
            breach(log.name() + ": " + batch + " of the coordinator in epoch " + batch.coordinatorEpoch()
                    + ", behind one of epoch " + producer.coordinatorEpoch);
        }
        if (open) {
            String wrong = coordinator.whyNoMarker(log.cluster(), log.id(), batch);
            if (wrong != null) {
                breachIfSeen(log, batch, ": " + wrong);
            }
        } else if (!coordinator.everDecided(log.cluster(), batch)) {
            breachIfSeen(log, batch, ", which nobody ever decided");
        }
    }

    /// What was decided in the task in which the coordinator lost its log is known when that is there again; by then
    /// the transaction may be over.
    private void breachIfSeen(GhostLog log, SeenBatch marker, String how) {
        String id = coordinator.owner(log.cluster(), marker.producerId());
        if (id == null || !coordinator.isLost(log.cluster(), id)) {
            breach(log.name() + ": " + marker + how);
            return;
        }
        coordinator.whenSeen(log.cluster(), id, () -> {
            if (!coordinator.everDecided(log.cluster(), marker)) {
                breach(log.name() + ": " + marker + how);
            }
        });
    }
}
