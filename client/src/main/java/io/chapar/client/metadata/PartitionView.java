package io.chapar.client.metadata;

import java.util.List;

/// One partition as the cluster last told it. `leaderId` is -1 when there is no leader, `leaderEpoch` -1 when unknown.
public record PartitionView(int partition, int leaderId, int leaderEpoch, List<Integer> replicas, List<Integer> inSync,
        List<Integer> offline) {
    public static final int NO_LEADER = -1;

    public boolean hasLeader() {
        return leaderId >= 0;
    }

    PartitionView ledBy(int newLeaderId, int newLeaderEpoch) {
        return new PartitionView(partition, newLeaderId, newLeaderEpoch, replicas, inSync, offline);
    }
}
