package io.chapar.txn;

import io.chapar.protocol.ErrorCode;

/// What became of one marker at one partition.
public enum MarkerResult {
    /// In the log, replicated, and visible to readers of what it decides.
    WRITTEN,
    /// The partition has already gone beyond this transaction: nothing of it can be open there.
    SUPERSEDED,
    /// The topic was deleted, and its namesake, if there is one, has no such partition.
    GONE,
    /// Not known to be written. Writing it again is harmless.
    RETRY;

    /// How a partition leader's answer is to be taken while the transaction is still this coordinator's to end.
    ///
    /// @param exists whether the cluster's metadata has the partition
    public static MarkerResult of(ErrorCode error, boolean exists) {
        return switch (error) {
            case NONE -> WRITTEN;
            case INVALID_PRODUCER_EPOCH -> SUPERSEDED;
            case UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID -> exists ? RETRY : GONE;
            default -> RETRY;
        };
    }
}
