package io.chapar.broker.handler;

import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnVersion;

/// Commits or aborts. Versions 0-5.
///
/// v2 knows PRODUCER_FENCED, v4 TRANSACTION_ABORTABLE; v5 is transaction version 2 and answers with the pair that the
/// client goes on with.
final class EndTxnHandler {
    private static final int FENCED_SINCE = 2;
    private static final int ABORTABLE_SINCE = 4;
    private static final int VERSION_2_SINCE = 5;

    private final TxnCoordinators transactions;

    EndTxnHandler(TxnCoordinators transactions) {
        this.transactions = transactions;
    }

    void handle(EndTxnRequest request, RequestContext context) {
        boolean bumps = context.apiVersion() >= VERSION_2_SINCE;
        TxnCommand command = new TxnCommand.End(
                request.transactionalId(), request.producerId(), request.producerEpoch(),
                request.committed() ? Outcome.COMMIT : Outcome.ABORT, bumps ? TxnVersion.V2 : TxnVersion.V1);
        transactions.submit(command, context.caller(), reply -> {
            EndTxnResponse.Builder answer = EndTxnResponse.builder();
            if (reply instanceof TxnReply.Granted(long producerId, short producerEpoch)) {
                if (bumps) {
                    answer.producerId(producerId).producerEpoch(producerEpoch);
                }
            } else {
                ErrorCode error = TxnErrors.of(reply);
                answer.errorCode(TxnErrors.inVersion(
                        error, context.apiVersion(), FENCED_SINCE, ABORTABLE_SINCE).code());
            }
            context.reply(answer.build());
        });
    }
}
