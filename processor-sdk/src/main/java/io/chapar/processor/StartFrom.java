package io.chapar.processor;

/// Where processing begins in a partition of which the group has committed nothing yet. In topics that the application
/// writes for itself that is the first record.
public enum StartFrom {
    EARLIEST,
    LATEST
}
