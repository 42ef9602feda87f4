package io.chapar.broker.replica;

import io.chapar.broker.metadata.ClusterImage;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/// Where links of followers end at this broker: what comes is handed to the loop that it is for. From any thread.
public final class ReplicaHosts implements FollowStreams.Accepting {
    private final List<ReplicaHost> all;

    /// @param all by the loops' numbers
    public ReplicaHosts(List<ReplicaHost> all) {
        this.all = List.copyOf(all);
    }

    /// As [ReplicaHost#cutOff], of all loops.
    public void cutOff(LongPredicate at) {
        all.forEach(host -> host.cutOff(at));
    }

    /// As [ReplicaHost#slow], of all loops.
    public SortedSet<Integer> slow() {
        SortedSet<Integer> slow = new TreeSet<>();
        all.forEach(host -> slow.addAll(host.slow()));
        return slow;
    }

    @Override
    public int loops() {
        return all.size();
    }

    @Override
    public FollowStreams.Accepted accept(FollowStreams.Follower who, FollowStreams.Back back) {
        return new FollowStreams.Accepted() {
            @Override
            public void received(int leaderLoop, List<FollowMessage.ToLeader> frame) {
                ReplicaHost host = all.get(leaderLoop);
                host.loop().execute(() -> host.received(this, who, back, leaderLoop, frame));
            }

            @Override
            public void ended() {
                all.forEach(host -> host.loop().execute(() -> host.ended(this)));
            }
        };
    }

    /// The image has changed, before the partitions follow it.
    public void follow(ClusterImage after) {
        all.forEach(host -> host.loop().run(() -> host.follow(after)));
    }
}
