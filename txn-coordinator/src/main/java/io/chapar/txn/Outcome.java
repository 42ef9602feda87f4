package io.chapar.txn;

/// How a transaction ends. There is no third way, and no transaction has both.
public enum Outcome {
    COMMIT,
    ABORT
}
