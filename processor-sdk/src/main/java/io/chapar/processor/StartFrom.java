package io.chapar.processor;

/// Where processing begins in a partition of which the group has committed nothing yet. In topics that the application
/// writes for itself that is the first record.
public enum StartFrom {
    EARLIEST,
    /// At the end, which is committed before anything is read; in partitions that are added to a topic of which the
    /// group has positions, with the first record.
    LATEST
}
