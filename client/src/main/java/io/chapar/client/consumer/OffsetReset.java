package io.chapar.client.consumer;

import org.jspecify.annotations.Nullable;

/// Where reading starts when a partition has no committed position, or its position is not in the log any more.
public enum OffsetReset {
    EARLIEST("earliest", -2),
    LATEST("latest", -1),
    /// Nowhere: `poll` throws, and the caller seeks.
    NONE("none", 0);

    private final String label;
    private final long timestamp;

    OffsetReset(String label, long timestamp) {
        this.label = label;
        this.timestamp = timestamp;
    }

    /// As it stands in settings.
    public String label() {
        return label;
    }

    /// What ListOffsets is asked for.
    long timestamp() {
        return timestamp;
    }

    /// Null when there is no such policy.
    static @Nullable OffsetReset ofLabel(String label) {
        for (OffsetReset reset : values()) {
            if (reset.label.equals(label)) {
                return reset;
            }
        }
        return null;
    }
}
