package io.chapar.txn;

/// What a partition's leader wants from the coordinator before the first batch of a transaction.
public enum AddMode {
    /// Put the partitions into the transaction, which begins if it has not (clients of transaction version 2).
    ADD,
    /// Only say whether the client has put them there (older clients).
    VERIFY
}
