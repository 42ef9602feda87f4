package io.chapar.broker.handler;

import io.chapar.protocol.ErrorCode;
import io.chapar.txn.TxnReply;

/// What a coordinator's refusal is called in an old version of a request: PRODUCER_FENCED and TRANSACTION_ABORTABLE
/// are younger than the requests they answer.
final class TxnErrors {
    private TxnErrors() {}

    static ErrorCode of(TxnReply reply) {
        return switch (reply) {
            case TxnReply.Refused refused -> refused.error();
            case TxnReply.Granted _, TxnReply.Kept _ -> ErrorCode.NONE;
            case TxnReply.Partitions _ -> ErrorCode.UNKNOWN_SERVER_ERROR;
        };
    }

    /// For the requests whose clients take POLICY_VIOLATION, a limit that is hit, for the end of the producer, where it
    /// is the end of the transaction alone.
    static ErrorCode limitAsAbortable(ErrorCode error) {
        return error == ErrorCode.POLICY_VIOLATION ? ErrorCode.TRANSACTION_ABORTABLE : error;
    }

    /// @param fencedSince the first version that knows PRODUCER_FENCED
    /// @param abortableSince the first version that knows TRANSACTION_ABORTABLE
    static ErrorCode inVersion(ErrorCode error, short version, int fencedSince, int abortableSince) {
        return switch (error) {
            case PRODUCER_FENCED -> version >= fencedSince ? error : ErrorCode.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> version >= abortableSince ? error : ErrorCode.INVALID_TXN_STATE;
            default -> error;
        };
    }
}
