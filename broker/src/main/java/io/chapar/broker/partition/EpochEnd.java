package io.chapar.broker.partition;

import io.chapar.protocol.ErrorCode;

/// Where an epoch ended: the largest known epoch at or below the one asked for, and the first offset after it; both -1
/// when it is above all known ones.
public record EpochEnd(ErrorCode error, int epoch, long endOffset) {
    static EpochEnd refused(ErrorCode error) {
        return new EpochEnd(error, -1, -1);
    }
}
