package io.chapar.client.producer;

import io.chapar.client.Disposition;
import io.chapar.protocol.ErrorCode;

/// What a producer does when the broker answered this for one batch.
enum ProduceReaction {
    WRITTEN,
    /// Written by an earlier attempt; the broker cannot say where.
    WRITTEN_BEFORE,
    RETRY,
    /// Ask who leads, then retry.
    REFRESH_AND_RETRY,
    /// Too large together: send the halves.
    SPLIT,
    /// The broker's sequence does not join ours. For the oldest outstanding batch: a new epoch (or, in a transaction,
    /// an abort). For a later one: retry, the older ones come first.
    OUT_OF_SEQUENCE,
    /// The transaction must be aborted.
    ABORT,
    /// This producer is finished.
    FENCED,
    /// These records are refused for good.
    REFUSED;

    static ProduceReaction of(ErrorCode error, boolean transactional) {
        return switch (error) {
            case NONE -> WRITTEN;
            case DUPLICATE_SEQUENCE_NUMBER -> WRITTEN_BEFORE;
            case MESSAGE_TOO_LARGE -> SPLIT;
            case OUT_OF_ORDER_SEQUENCE_NUMBER, UNKNOWN_PRODUCER_ID -> OUT_OF_SEQUENCE;
            case INVALID_PRODUCER_EPOCH -> transactional ? ABORT : OUT_OF_SEQUENCE;
            case TRANSACTION_ABORTABLE, INVALID_TXN_STATE -> transactional ? ABORT : REFUSED;
            case PRODUCER_FENCED, INVALID_PRODUCER_ID_MAPPING, TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                    CLUSTER_AUTHORIZATION_FAILED -> transactional ? FENCED : REFUSED;
            default -> switch (Disposition.of(error)) {
                case RETRY -> RETRY;
                case REFRESH -> REFRESH_AND_RETRY;
                case NONE, ABORTABLE, FENCED, FATAL -> REFUSED;
            };
        };
    }

    /// Whether an attempt that was answered with this may have been written all the same.
    static boolean mayBeWritten(ErrorCode error) {
        return switch (error) {
            case NOT_LEADER_OR_FOLLOWER, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_STORAGE_ERROR,
                    UNKNOWN_SERVER_ERROR, NETWORK_EXCEPTION -> true;
            default -> false;
        };
    }
}
