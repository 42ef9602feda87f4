package io.chapar.broker.handler;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;

/// A producer id and epoch: a fresh id without a transactional id, else the id's own with every older instance
/// fenced. Versions 0-5, and 6 where two-phase commit is on.
///
/// v3 names the pair the client has (KIP-360); v4 knows PRODUCER_FENCED, v5 TRANSACTION_ABORTABLE; v6 has two-phase
/// commit (KIP-939): transactions without a timeout, and a new instance that takes over an open one instead of ending
/// it.
final class InitProducerIdHandler {
    private static final int FENCED_SINCE = 4;
    private static final int ABORTABLE_SINCE = 5;

    private final TxnCoordinators transactions;

    InitProducerIdHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(InitProducerIdRequest request, RequestContext context) {
        boolean halfAPair = (request.producerId() == -1) != (request.producerEpoch() == -1);
        if (halfAPair || (request.transactionalId() != null && request.transactionalId().isEmpty())) {
            answer(new TxnReply.Refused(ErrorCode.INVALID_REQUEST), context);
            return;
        }
        Caller caller = context.caller();
        if (request.transactionalId() == null) {
            transactions.newProducerId(caller, reply -> answer(reply, context));
            return;
        }
        TxnCommand command = new TxnCommand.InitProducer(
                request.transactionalId(),
                request.enable2Pc() ? TxnState.NO_TIMEOUT : request.transactionTimeoutMs(),
                request.producerId(),
                request.producerEpoch(),
                new TxnCommand.Take(request.enable2Pc(), request.keepPreparedTxn()),
                new TxnCommand.Asker(caller.client().clientId(), caller.client().host()));
        transactions.submit(command, caller, reply -> answer(reply, context));
    }

    private static void answer(TxnReply reply, RequestContext context) {
        if (reply instanceof TxnReply.Granted(long producerId, short producerEpoch)) {
            context.reply(InitProducerIdResponse.builder()
                    .producerId(producerId)
                    .producerEpoch(producerEpoch)
                    .build());
            return;
        }
        if (reply instanceof TxnReply.Kept kept) {
            context.reply(InitProducerIdResponse.builder()
                    .producerId(kept.pair().producerId())
                    .producerEpoch(kept.pair().producerEpoch())
                    .ongoingTxnProducerId(kept.open().producerId())
                    .ongoingTxnProducerEpoch(kept.open().producerEpoch())
                    .build());
            return;
        }
        ErrorCode error =
                TxnErrors.inVersion(TxnErrors.of(reply), context.apiVersion(), FENCED_SINCE, ABORTABLE_SINCE);
        context.reply(InitProducerIdResponse.builder().errorCode(error.code()).producerEpoch((short) -1).build());
    }
}
