package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// How the replicas of one partition move to other brokers. Pure functions.
///
/// ```
///         wished             room at the brokers            all that were added are in sync
/// settled ------> queued -------------------------> under way ----------------------------> settled, on the new ones
///    ^              ^  |                              |   |
///    |              |  +<-------- wished again -------+   |
///    +--------------+------------- cancelled -------------+
/// ```
/// While it is under way the partition has the replicas of before and of afterwards. Who is neither in what was before
/// nor in what is wished last is no replica from that wish on.
///
/// @param minIsr of the topic, at least 1
record Assignment(Election election, int minIsr) {

    /// Null where that would leave nobody who has all that is committed.
    ///
    /// @param to no broker twice, at least one
    @Nullable PartitionImage wished(PartitionImage was, List<Integer> to) {
        List<Integer> from = was.reassignment() == null ? was.replicas() : was.reassignment().from();
        if (to.equals(from)) {
            return was.reassignment() == null ? was : cancelled(was);
        }
        List<Integer> kept = was.replicas().stream().filter(one -> from.contains(one) || to.contains(one)).toList();
        return election.onlyOn(was, kept, new Reassignment(from, to));
    }

    /// Null where that would leave nobody who has all that is committed.
    @Nullable PartitionImage cancelled(PartitionImage was) {
        return was.reassignment() == null ? was : election.onlyOn(was, was.reassignment().from(), null);
    }

    /// All that it wants are replicas, whoever is in sync.
    PartitionImage begun(PartitionImage was) {
        Reassignment reassignment = was.reassignment();
        if (reassignment == null) {
            return was;
        }
        List<Integer> all = new ArrayList<>(reassignment.to());
        all.addAll(PartitionImage.without(reassignment.from(), reassignment.to()));
        return election.withReplicas(was, all, reassignment);
    }

    /// On the new replicas alone, where that takes nothing away: all that were added are in sync, and enough are
    /// without those that go, or nobody goes who is. Otherwise as it was.
    PartitionImage completed(PartitionImage was) {
        Reassignment reassignment = was.reassignment();
        if (reassignment == null || !isCaughtUp(was)) {
            return was;
        }
        List<Integer> to = reassignment.to();
        long left = was.isr().stream().filter(to::contains).count();
        if (left < was.isr().size() && left < Math.min(minIsr, to.size())) {
            return was;
        }
        PartitionImage is = election.onlyOn(was, to, null);
        return is == null ? was : is;
    }

    /// Whether all that it wants are replicas, and those that were added are in sync.
    static boolean isCaughtUp(PartitionImage partition) {
        return partition.leader() != PartitionImage.NO_LEADER && partition.queued().isEmpty()
                && partition.isr().containsAll(partition.added());
    }
}
