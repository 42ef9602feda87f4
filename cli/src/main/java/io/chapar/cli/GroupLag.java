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
import java.util.function.Function;
import java.util.function.LongSupplier;

/// How far a group is behind the ends of the partitions in which it has committed.
///
/// @param lag offsets between what it committed and the end
/// @param held those of them that lie behind the beginning of an open transaction
/// @param topics in which it is behind
/// @param heldAt a partition in which a transaction holds records back; null where none does
record GroupLag(String group, @Nullable String state, long lag, long held, SortedSet<String> topics,
        @Nullable TopicPartition heldAt) {

    /// Each group costs a request, and no other way says which are behind.
    private static final long LOOK_LIMIT_NS = 5_000_000_000L;

    /// @param behind the farthest first
    /// @param notLookedAt groups for which no time was left
    record All(List<GroupLag> behind, int notLookedAt) {
    }

    /// What was asked of groups before the time for it was over, of one at least.
    static Map<GroupListing, Map<TopicPartition, OffsetAndMetadata>> look(List<GroupListing> groups,
            Function<String, Map<TopicPartition, OffsetAndMetadata>> committed, LongSupplier nowNs) {
        Map<GroupListing, Map<TopicPartition, OffsetAndMetadata>> looked =
                new TreeMap<>(Comparator.comparing(GroupListing::groupId));
        long sinceNs = nowNs.getAsLong();
        for (GroupListing group : groups) {
            looked.put(group, committed.apply(group.groupId()));
            if (nowNs.getAsLong() - sinceNs >= LOOK_LIMIT_NS) {
                break;
            }
        }
        return looked;
    }

    static All all(Cluster cluster) {
        List<GroupListing> groups = cluster.groups();
        Map<GroupListing, Map<TopicPartition, OffsetAndMetadata>> committed =
                look(groups, cluster::committed, System::nanoTime);
        SortedSet<TopicPartition> partitions = new TreeSet<>();
        committed.values().forEach(its -> partitions.addAll(its.keySet()));
        return new All(behind(cluster, committed, partitions), groups.size() - committed.size());
    }

    private static List<GroupLag> behind(Cluster cluster,
            Map<GroupListing, Map<TopicPartition, OffsetAndMetadata>> committed,
            SortedSet<TopicPartition> partitions) {
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
