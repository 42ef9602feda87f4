package io.chapar.broker.producer;

/// A transaction with data that a marker has just ended.
///
/// @param markerOffset the marker's own offset, the last one of the transaction
/// @param stableAfter where the log is stable up to once the marker is replicated
public record CompletedTxn(
        long producerId, long firstOffset, long markerOffset, boolean aborted, long stableAfter) {}
