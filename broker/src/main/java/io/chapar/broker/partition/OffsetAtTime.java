package io.chapar.broker.partition;

import io.chapar.protocol.ErrorCode;

/// Answer to "which is the first record at or after this time".
public sealed interface OffsetAtTime {
    /// @param timestamp the record's own, or -1 for the ends of the log
    record Found(long offset, long timestamp, int leaderEpoch) implements OffsetAtTime {}

    /// No record in the readable part is that young.
    record None() implements OffsetAtTime {}

    record Refused(ErrorCode error) implements OffsetAtTime {}
}
