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
                breach(log.name() + ": " + batch + ": " + wrong);
            }
        } else if (!coordinator.everDecided(log.cluster(), batch)) {
            breach(log.name() + ": " + batch + ", which nobody ever decided");
        }
    }
}
