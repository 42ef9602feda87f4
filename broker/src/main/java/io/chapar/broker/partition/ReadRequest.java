package io.chapar.broker.partition;

/// @param maxBytes upper bound of the slice in bytes
/// @param currentLeaderEpoch the epoch the reader believes in, -1 for none
/// @param lastFetchedEpoch epoch of the last batch the reader has, -1 for none
/// @param atLeastOneBatch the first batch is returned whole even where it exceeds `maxBytes`
/// @param anyReplica who follows may answer, too, as far as it knows what is committed (KIP-392)
/// @param proof of [ReadOutcome.Unproven] where this asks again; 0 for none
public record ReadRequest(
        long fetchOffset,
        int maxBytes,
        Isolation isolation,
        int currentLeaderEpoch,
        int lastFetchedEpoch,
        boolean atLeastOneBatch,
        boolean anyReplica,
        long proof) {

    /// One that the leader alone answers.
    public ReadRequest(long fetchOffset, int maxBytes, Isolation isolation, int currentLeaderEpoch,
            int lastFetchedEpoch, boolean atLeastOneBatch) {
        this(fetchOffset, maxBytes, isolation, currentLeaderEpoch, lastFetchedEpoch, atLeastOneBatch, false, 0);
    }
}
