package io.chapar.broker.partition;

/// @param maxBytes upper bound of the slice in bytes
/// @param currentLeaderEpoch the epoch the reader believes in, -1 for none
/// @param lastFetchedEpoch epoch of the last batch the reader has, -1 for none
/// @param atLeastOneBatch the first batch is returned whole even where it exceeds `maxBytes`
public record ReadRequest(
        long fetchOffset,
        int maxBytes,
        Isolation isolation,
        int currentLeaderEpoch,
        int lastFetchedEpoch,
        boolean atLeastOneBatch) {}
