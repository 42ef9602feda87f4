package io.chapar.client;

import org.jspecify.annotations.Nullable;

/// A committed position: the offset of the next record to read. `leaderEpoch` is the epoch of the last record read, -1
/// when unknown. `metadata` is the committer's own text, kept by the broker as it is.
public record OffsetAndMetadata(long offset, int leaderEpoch, @Nullable String metadata) {
    public static final int NO_LEADER_EPOCH = -1;

    public OffsetAndMetadata {
        if (offset < 0) {
            throw new UsageException("A committed offset is not negative: " + offset);
        }
        if (metadata == null) {
            metadata = "";
        }
    }

    public OffsetAndMetadata(long offset) {
        this(offset, NO_LEADER_EPOCH, "");
    }
}
