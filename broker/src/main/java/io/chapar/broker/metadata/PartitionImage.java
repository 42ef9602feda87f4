package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// A partition as of one version of the cluster.
///
/// @param leader the broker that leads it, or [#NO_LEADER]
/// @param leaderEpoch counts its leaderships; every life of a leader is one of its own, so that readers can tell a log
///        that lost its unsynced tail from the log they knew
/// @param partitionEpoch counts the changes of all that stands here
/// @param replicas the brokers that keep it, the preferred leader first; while a reassignment is under way all that
///        keep it before or afterwards
/// @param isr of those, the ones that have all that is committed
/// @param elr of those, the ones that are not in sync any more and had all that is committed when they left
/// @param lastLeader while nobody leads, who led last; else [#NO_LEADER]
/// @param recovering its leader was elected although it may lack what was committed, and has not said since that it has
///        made up its log's end
/// @param reassignment of its replicas, queued or under way; else null
public record PartitionImage(
        int leader, int leaderEpoch, int partitionEpoch, List<Integer> replicas, List<Integer> isr, List<Integer> elr,
        int lastLeader, boolean recovering, @Nullable Reassignment reassignment) {
    public static final int NO_LEADER = -1;

    public PartitionImage {
        replicas = List.copyOf(replicas);
        isr = List.copyOf(isr);
        elr = List.copyOf(elr);
    }

    /// One whose replicas stay where they are.
    public PartitionImage(
            int leader, int leaderEpoch, int partitionEpoch, List<Integer> replicas, List<Integer> isr,
            List<Integer> elr, int lastLeader, boolean recovering) {
        this(leader, leaderEpoch, partitionEpoch, replicas, isr, elr, lastLeader, recovering, null);
    }

    /// One that was never led but by who had all.
    public PartitionImage(
            int leader, int leaderEpoch, int partitionEpoch, List<Integer> replicas, List<Integer> isr,
            List<Integer> elr) {
        this(leader, leaderEpoch, partitionEpoch, replicas, isr, elr, NO_LEADER, false);
    }

    /// One that has just come to be, all of whose replicas are empty and therefore in sync.
    public static PartitionImage born(List<Integer> replicas) {
        return born(replicas, replicas);
    }

    /// One that has just come to be.
    ///
    /// @param active those of the replicas that are, at least one, in the same order; the first of them leads
    static PartitionImage born(List<Integer> replicas, List<Integer> active) {
        return new PartitionImage(active.getFirst(), 0, 0, replicas, active, List.of());
    }

    /// How many have to be in sync where the topic asks for `minIsr`: never more than there are replicas. While these
    /// move, as many as before; those that are added are not in sync yet, and nobody waits for them.
    public int enough(int minIsr) {
        return Math.min(minIsr, reassignment == null ? replicas.size() : reassignment.from().size());
    }

    /// The replicas that it has once no reassignment is left.
    public List<Integer> wanted() {
        return reassignment == null ? replicas : reassignment.to();
    }

    /// Those of the replicas that a reassignment has added so far.
    public List<Integer> added() {
        return reassignment == null ? List.of() : without(replicas, reassignment.from());
    }

    /// Those that the reassignment wants and that are no replicas yet.
    public List<Integer> queued() {
        return without(wanted(), replicas);
    }

    static List<Integer> without(List<Integer> all, List<Integer> some) {
        return all.stream().filter(one -> !some.contains(one)).toList();
    }

    /// The leader began a new life, and leads again.
    PartitionImage ledAnew() {
        return new PartitionImage(
                leader, leaderEpoch + 1, partitionEpoch + 1, replicas, isr, elr, lastLeader, recovering, reassignment);
    }

    /// With the same replicas, and the epochs of before.
    PartitionImage with(int by, List<Integer> inSync, List<Integer> eligible, int ledLast, boolean recovers) {
        return new PartitionImage(
                by, leaderEpoch, partitionEpoch, replicas, inSync, eligible, ledLast, recovers, reassignment);
    }
}
