package io.chapar.broker.partition;

/// The end of a transaction on one partition, as its coordinator decided it.
///
/// @param transactionVersion 2 when the coordinator runs the epoch-bumping protocol, else 0 or 1; it chooses the rule
///        by which the marker's epoch is judged
/// @param fromClient whoever sent it is not known to be the coordinator: of a producer that the partition does not know
///        it is taken only where there is room for one more, and it raises the coordinator epoch that the partition
///        remembers of none
public record MarkerAppend(
        long producerId,
        short producerEpoch,
        int coordinatorEpoch,
        boolean commit,
        short transactionVersion,
        boolean fromClient) {
    public MarkerAppend(
            long producerId, short producerEpoch, int coordinatorEpoch, boolean commit, short transactionVersion) {
        this(producerId, producerEpoch, coordinatorEpoch, commit, transactionVersion, false);
    }
}
