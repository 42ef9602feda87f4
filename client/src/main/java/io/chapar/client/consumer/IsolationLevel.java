package io.chapar.client.consumer;

import org.jspecify.annotations.Nullable;

/// Which records a reader sees; `id` is its number on the wire.
public enum IsolationLevel {
    /// Everything below the high watermark, records of open and aborted transactions too.
    READ_UNCOMMITTED(0, "read_uncommitted"),
    /// What lies before the first open transaction, without the records of aborted ones.
    READ_COMMITTED(1, "read_committed");

    private final byte id;
    private final String label;

    IsolationLevel(int id, String label) {
        this.id = (byte) id;
        this.label = label;
    }

    public byte id() {
        return id;
    }

    /// As it stands in settings.
    public String label() {
        return label;
    }

    /// Null when there is no such level.
    static @Nullable IsolationLevel ofLabel(String label) {
        for (IsolationLevel level : values()) {
            if (level.label.equals(label)) {
                return level;
            }
        }
        return null;
    }
}
