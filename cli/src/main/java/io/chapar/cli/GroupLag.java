package io.chapar.cli;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.GroupListing;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// How far a group is behind the ends of the partitions in which it has committed.
///
/// @param lag offsets between what it committed and the end
/// @param held those of them that lie behind the beginning of an open transaction
/// @param topics in which it is behind
/// @param heldAt a partition in which a transaction holds records back; null where none does
record GroupLag(String group, @Nullable String state, long lag, long held, SortedSet<String> topics,
        @Nullable TopicPartition heldAt) {

    /// Groups that are behind, the farthest first.
    ///
    /// @param most groups that are looked at
    static List<GroupLag> all(Cluster cluster, int most) {
        Map<GroupListing, Map<TopicPartition, OffsetAndMetadata>> committed =
                new TreeMap<>(Comparator.comparing(GroupListing::groupId));
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        cluster.groups().stream().limit(most).forEach(group -> {
            Map<TopicPartition, OffsetAndMetadata> its = cluster.committed(group.groupId());
            committed.put(group, its);
            partitions.addAll(its.keySet());
        });
        if (partitions.isEmpty()) {
            return List.of();
        }
        // The stable ends first: an end that was asked for later is never before them.
        Map<TopicPartition, ListedOffset> stables = cluster.offsets(partitions, new OffsetSpec.Latest(), true);
        Map<TopicPartition, ListedOffset> ends = cluster.offsets(partitions, new OffsetSpec.Latest(), false);
        List<GroupLag> behind = new ArrayList<>();
        committed.forEach((group, its) -> {
            GroupLag one = of(group, its, stables, ends);
            if (one.lag > 0) {
                behind.add(one);
            }
        });
        behind.sort(Comparator.comparingLong((GroupLag each) -> -each.lag).thenComparing(GroupLag::group));
        return behind;
    }

    private static GroupLag of(GroupListing group, Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, ListedOffset> stables, Map<TopicPartition, ListedOffset> ends) {
        long lag = 0;
        long held = 0;
        TopicPartition heldAt = null;
        SortedSet<String> topics = new TreeSet<>();
        for (Map.Entry<TopicPartition, OffsetAndMetadata> each : committed.entrySet()) {
            ListedOffset end = ends.get(each.getKey());
            ListedOffset stable = stables.get(each.getKey());
            long missing = end == null ? 0 : end.offset() - each.getValue().offset();
            if (end == null || missing <= 0) {
                continue;
            }
            lag += missing;
            topics.add(each.getKey().topic());
            if (stable != null && stable.offset() < end.offset()) {
                held += end.offset() - Math.max(stable.offset(), each.getValue().offset());
                heldAt = heldAt == null ? each.getKey() : heldAt;
            }
        }
        return new GroupLag(group.groupId(), GroupCommand.orNull(group.state()), lag, held, topics, heldAt);
    }
}
