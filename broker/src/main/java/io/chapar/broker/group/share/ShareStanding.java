package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;

/// Where a member of a share group stands. Partitions belong to nobody, so that it comes to its target at once.
///
/// @param epoch of the target that it has come to; 0 before it has
/// @param previousEpoch of which it may still speak when the answer with the next one was lost
public record ShareStanding(int epoch, int previousEpoch, PartitionSet assigned) {
    public static final int JOIN = 0;
    public static final int LEAVE = -1;
    static final ShareStanding NEW = new ShareStanding(0, 0, PartitionSet.EMPTY);

    public boolean admits(int saidEpoch) {
        return saidEpoch == epoch || (saidEpoch > 0 && saidEpoch == previousEpoch);
    }
}
