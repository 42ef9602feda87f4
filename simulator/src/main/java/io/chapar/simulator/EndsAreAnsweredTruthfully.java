package io.chapar.simulator;

import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.Response;

/// Who is told that a transaction was committed, or aborted, can rely on that decision being in the coordinator's log;
/// and in version 2 goes on with a pair that is newer.
final class EndsAreAnsweredTruthfully extends Promise {
    private static final int FIRST_V2 = 5;
    private static final short LAST_EPOCH = Short.MAX_VALUE - 1;

    private final TransactionStatesFollowTheRules coordinator;

    EndsAreAnsweredTruthfully(TransactionStatesFollowTheRules coordinator) {
        super("Who is told that a transaction was committed can rely on it");
        this.coordinator = coordinator;
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof EndTxnResponse answer) || !(exchange.request() instanceof EndTxnRequest request)
                || answer.errorCode() != 0) {
            return;
        }
        boolean v2 = exchange.apiVersion() >= FIRST_V2;
        int marker = v2 ? request.producerEpoch() + 1 : request.producerEpoch();
        if (!coordinator.isDecided(broker.cluster(), request.producerId(), marker, request.committed())) {
            coordinator.whenSeen(broker.cluster(), request.transactionalId(), () -> {
                if (!coordinator.isDecided(broker.cluster(), request.producerId(), marker, request.committed())) {
                    breach(request + " was answered with success, and nothing of it is decided");
                }
            });
        }
        if (!v2) {
            return;
        }
        boolean newer = request.producerEpoch() >= LAST_EPOCH
                ? answer.producerId() != request.producerId() && answer.producerEpoch() == 0
                : answer.producerId() == request.producerId() && answer.producerEpoch() == request.producerEpoch() + 1;
        if (!newer) {
            breach(request + " was answered with the pair " + answer.producerId() + ", " + answer.producerEpoch());
        }
    }
}
