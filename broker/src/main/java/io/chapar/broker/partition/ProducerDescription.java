package io.chapar.broker.partition;

/// A producer as one partition knows it.
///
/// @param lastSequence -1 when no batch of this epoch is known
/// @param coordinatorEpoch -1 before the first marker
/// @param currentTxnStartOffset -1 when no transaction is open
public record ProducerDescription(
        long producerId,
        short producerEpoch,
        int lastSequence,
        long lastTimestamp,
        int coordinatorEpoch,
        long currentTxnStartOffset) {}
