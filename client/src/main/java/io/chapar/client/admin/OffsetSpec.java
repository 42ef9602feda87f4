package io.chapar.client.admin;

/// Which offset of a partition is asked for.
public sealed interface OffsetSpec {
    long LATEST = -1;
    long EARLIEST = -2;
    long MAX_TIMESTAMP = -3;

    record Latest() implements OffsetSpec {
    }

    record Earliest() implements OffsetSpec {
    }

    /// The record with the highest timestamp.
    record MaxTimestamp() implements OffsetSpec {
    }

    /// The first record at this time (ms since 1970) or after.
    record AtTime(long timestampMs) implements OffsetSpec {
    }

    /// The number that stands for it in ListOffsets.
    default long code() {
        return switch (this) {
            case Latest() -> LATEST;
            case Earliest() -> EARLIEST;
            case MaxTimestamp() -> MAX_TIMESTAMP;
            case AtTime(long timestampMs) -> timestampMs;
        };
    }
}
