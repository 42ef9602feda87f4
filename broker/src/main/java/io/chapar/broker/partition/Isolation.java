package io.chapar.broker.partition;

/// How far a consumer may read: to the high watermark, or only to the last stable offset.
public enum Isolation {
    READ_UNCOMMITTED,
    READ_COMMITTED;

    /// By its number on the wire; any number but 1 reads uncommitted.
    public static Isolation of(byte wire) {
        return wire == 1 ? READ_COMMITTED : READ_UNCOMMITTED;
    }
}
