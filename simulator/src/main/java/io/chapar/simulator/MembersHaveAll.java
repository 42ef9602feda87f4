package io.chapar.simulator;

import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Whoever the cluster has in sync with a leader, or eligible to lead, has all that any leader has shown, at each
/// moment, and not only once it leads: what clean elections rest on (KIP-966). Asked of processes that run, and so have
/// registered since their machines last lost anything; of one that is dead its disk is asked when it starts again.
final class MembersHaveAll {
    private static final String PROMISE = "Whoever is in sync or eligible has all that was committed";

    private static final String ON_DISK = "What is committed is on the disk of whoever is in sync";

    private final World world;
    private final boolean durable;

    /// @param durable acknowledgements wait for the disk
    MembersHaveAll(World world, boolean durable) {
        this.world = world;
        this.durable = durable;
    }

    /// More is committed, or others are members.
    void look(GhostLog log) {
        PartitionImage decided = decided(log);
        if (decided == null || decided.replicas().size() == 1) {
            return;
        }
        List<Integer> members = new ArrayList<>(decided.isr());
        members.addAll(decided.elr());
        for (int node : members) {
            Partition replica = log.cluster().partition(node, log.id());
            PartitionLog open = replica == null || !replica.topicId().equals(log.topicId())
                    ? null : replica.logToClose();
            if (replica == null || open == null) {
                continue;
            }
            if (replica.logEndOffset() < log.end()) {
                world.broken(PROMISE, "broker" + node + " has " + log.name() + " up to " + replica.logEndOffset()
                        + ", which was committed up to " + log.end() + ": " + decided);
            } else if (durable && replica.following() != null && open.syncedTo() < log.end()) {
                world.broken(ON_DISK, "broker" + node + " has " + log.name() + " on its disk up to " + open.syncedTo()
                        + ", which was committed up to " + log.end() + ": " + decided);
            }
        }
    }

    /// Whoever leads has on its own disk what it shows as committed, where acknowledgements wait for disks.
    void lookAtDisk(GhostLog log, Partition leader) {
        PartitionLog open = durable ? leader.logToClose() : null;
        if (open != null && open.syncedTo() < leader.highWatermark()) {
            world.broken(ON_DISK, log.broker().name() + " has " + log.name() + " on its disk up to "
                    + open.syncedTo() + " and shows it as committed up to " + leader.highWatermark());
        }
    }

    /// How far what this replica has must be what was committed.
    static long sureUpTo(SeenReplica replica, GhostLog log) {
        PartitionImage decided = decided(log);
        int node = replica.broker().nodeId();
        boolean isMember = decided != null && (decided.isr().contains(node) || decided.elr().contains(node));
        Partition partition = replica.partition();
        return Math.min(log.end(), isMember ? partition.logEndOffset() : partition.highWatermark());
    }

    private static @Nullable PartitionImage decided(GhostLog log) {
        TopicImage topic = log.cluster().image().topic(log.topicId());
        return topic == null || !topic.hasPartition(log.id().partition())
                ? null : topic.partition(log.id().partition());
    }
}
