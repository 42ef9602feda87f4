package io.chapar.broker.partition;

/// The end of a transaction on one partition, as its coordinator decided it.
///
/// @param transactionVersion 2 when the coordinator runs the epoch-bumping protocol, else 0 or 1; it chooses the rule
///        by which the marker's epoch is judged
public record MarkerAppend(
        long producerId, short producerEpoch, int coordinatorEpoch, boolean commit, short transactionVersion) {}
