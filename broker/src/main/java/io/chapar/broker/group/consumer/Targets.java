package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetEpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetSet;

import java.util.ArrayList;
import java.util.List;

/// What the members of a group are to have, and what has become of the topics that they share.
public final class Targets {
    private static final long PRIME = 0x9E37_79B9_7F4A_7C15L;

    private Targets() {}

    /// The records that make the group's epoch that of its target: those of members whose part changes, and at the end
    /// the epoch. Targets of some members may be written before the others: nobody acts on them before the epoch is.
    public static List<ConsumerGroupRecord> share(
            ConsumerGroup group, String groupId, TopicDirectory directory, Assignors assignors, long nowMs) {
        Sharing sharing = new Sharing(group, directory);
        assignors.of(group).assign(sharing);
        List<ConsumerGroupRecord> records = new ArrayList<>();
        for (Sharing.Sharer sharer : sharing.sharers()) {
            PartitionSet given = sharer.given();
            if (!given.equals(sharer.before())) {
                records.add(new TargetSet(groupId, sharer.memberId(), given));
            }
        }
        records.add(new TargetEpochSet(groupId, group.epoch(), nowMs));
        return records;
    }

    /// About how many steps [#share] makes.
    public static long steps(ConsumerGroup group, TopicDirectory directory) {
        long partitions = 0;
        for (String name : group.topics()) {
            TopicDirectory.Topic topic = directory.topic(name);
            partitions += topic == null ? 1 : topic.partitions();
        }
        return partitions + (long) group.size() * (group.subscriptions().size() > 1 ? 1 + group.topics().size() : 1);
    }

    /// Changes with each topic of these that is created, made anew or given partitions; 0 when none of them exists.
    public static long metadataHash(Iterable<String> topics, TopicDirectory directory) {
        long hash = 0;
        for (String name : topics) {
            TopicDirectory.Topic topic = directory.topic(name);
            if (topic != null) {
                long one = mixed(name.hashCode());
                one = mixed(one ^ topic.id().getMostSignificantBits());
                one = mixed(one ^ topic.id().getLeastSignificantBits());
                hash += mixed(one ^ topic.partitions());
            }
        }
        return hash;
    }

    private static long mixed(long value) {
        long z = (value + PRIME) * PRIME;
        return z ^ z >>> 31;
    }
}
