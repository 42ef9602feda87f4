package io.chapar.client;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

/// What to do next after one attempt met an error, where the request in question has no rule of its own. The rules for
/// single requests stand with the code that sends them.
public enum Disposition {
    NONE,
    /// Wait a little, send the same to the same node.
    RETRY,
    /// Ask again who leads or coordinates, then send the same there.
    REFRESH,
    /// The open transaction must be aborted.
    ABORTABLE,
    /// This identity is no longer valid.
    FENCED,
    /// A repetition would meet the same.
    FATAL;

    public static Disposition of(ErrorCode error) {
        return switch (error) {
            case NONE -> NONE;
            case CORRUPT_MESSAGE, REQUEST_TIMED_OUT, COORDINATOR_LOAD_IN_PROGRESS, NOT_ENOUGH_REPLICAS,
                    NOT_ENOUGH_REPLICAS_AFTER_APPEND, CONCURRENT_TRANSACTIONS, UNKNOWN_LEADER_EPOCH,
                    OFFSET_NOT_AVAILABLE, UNSTABLE_OFFSET_COMMIT, THROTTLING_QUOTA_EXCEEDED, REBALANCE_IN_PROGRESS,
                    FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR -> RETRY;
            case UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, NETWORK_EXCEPTION,
                    COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, NOT_CONTROLLER, KAFKA_STORAGE_ERROR,
                    FENCED_LEADER_EPOCH, UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID, REPLICA_NOT_AVAILABLE,
                    BROKER_NOT_AVAILABLE -> REFRESH;
            case TRANSACTION_ABORTABLE -> ABORTABLE;
            case ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING,
                    FENCED_INSTANCE_ID, PRODUCER_FENCED, FENCED_MEMBER_EPOCH -> FENCED;
            default -> FATAL;
        };
    }

    public boolean mayRetry() {
        return this == RETRY || this == REFRESH;
    }

    /// The exception for a caller, once nobody retries any more. `what` names what was attempted.
    public static ChaparException exception(ErrorCode error, String what, @Nullable String brokerMessage) {
        String text = what + ": " + error + (brokerMessage == null || brokerMessage.isBlank() ? "" : ", "
                + brokerMessage);
        return switch (of(error)) {
            case NONE -> throw new IllegalArgumentException("no error");
            case RETRY, REFRESH -> new RetriableException(error, text);
            case ABORTABLE -> new AbortableException(error, text);
            case FENCED -> new FencedException(error, text);
            case FATAL -> new FatalException(error, text);
        };
    }
}
