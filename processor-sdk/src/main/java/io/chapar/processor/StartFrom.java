package io.chapar.processor;

/// Where processing begins in a partition of which the group has committed nothing yet.
public enum StartFrom {
    EARLIEST,
    LATEST
}
