package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Reassignment;
import io.chapar.broker.metadata.TopicImage;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// A broker is removed when it is not in session, and no partition has anything there or is to have; nobody gets a
/// replica who is not registered; who is drained gets none of what is new; and who comes under a number that was free
/// is not drained. When replicas have moved, all that were added are in sync.
final class CleanDepartures {
    private static final String REMOVED = "A broker is removed when nothing is left there";
    private static final String DRAINED = "A drained broker gets nothing new";
    private static final String MOVED = "Replicas have moved when those that were added are in sync";

    private final World world;

    CleanDepartures(World world) {
        this.world = world;
    }

    /// @param before what it was decided on
    void look(ClusterImage before, MetadataRecord record) {
        switch (record) {
            case MetadataRecord.BrokerRemoved(int node) -> removed(before, node);
            case MetadataRecord.BrokerRegistered(var registration) -> {
                boolean isNew = !before.brokers().containsKey(registration.node());
                if (isNew && before.settings().isDrained(registration.node())) {
                    world.broken(DRAINED, "broker" + registration.node() + " is new, and drained");
                }
            }
            case MetadataRecord.TopicCreated created -> placed(before, created.name(), created.partitions());
            case MetadataRecord.PartitionsAdded more -> placed(before, more.topicId().toString(), more.added());
            case MetadataRecord.PartitionsChanged changed -> changed(before, changed);
            default -> { }
        }
    }

    private void removed(ClusterImage before, int node) {
        if (before.isActive(node)) {
            world.broken(REMOVED, "broker" + node + " is in session");
        }
        for (TopicImage topic : before.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                if (named(topic.partition(i)).contains(node)) {
                    world.broken(REMOVED, "broker" + node + " goes, and " + topic.name() + "-" + i + " is "
                            + topic.partition(i));
                }
            }
        }
    }

    private void placed(ClusterImage before, String name, List<PartitionImage> partitions) {
        for (PartitionImage partition : partitions) {
            if (partition.replicas().stream().anyMatch(before.settings()::isDrained)) {
                world.broken(DRAINED, name + " has " + partition);
            }
        }
    }

    private void changed(ClusterImage before, MetadataRecord.PartitionsChanged changed) {
        TopicImage topic = before.topic(changed.topicId());
        changed.after().forEach((number, is) -> {
            if (!before.brokers().keySet().containsAll(named(is))) {
                world.broken(REMOVED, changed.topicId() + "-" + number + " is " + is + ", and there are "
                        + before.brokers().keySet());
            }
            if (topic != null && topic.hasPartition(number)) {
                moved(topic.name() + "-" + number, topic.partition(number), is);
            }
        });
    }

    private void moved(String name, PartitionImage was, PartitionImage is) {
        Reassignment move = was.reassignment();
        if (move != null && is.reassignment() == null && is.replicas().equals(move.to())
                && !is.isr().containsAll(move.adds())) {
            world.broken(MOVED, name + " was " + was + " and is " + is);
        }
    }

    private static Set<Integer> named(PartitionImage partition) {
        Set<Integer> named = new TreeSet<>(partition.replicas());
        named.addAll(partition.isr());
        named.addAll(partition.elr());
        named.addAll(partition.wanted());
        if (partition.leader() != PartitionImage.NO_LEADER) {
            named.add(partition.leader());
        }
        if (partition.reassignment() != null) {
            named.addAll(partition.reassignment().from());
        }
        return named;
    }
}
