package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;

/// Shares partitions out over the members of a group. A pure function: the same members and counts, the same answer.
interface Assignor {
    /// One member with what it told on joining. `instanceId` is null for dynamic members.
    record Member(String id, @Nullable String instanceId, GroupSubscription subscription) {
    }

    /// What one member gets. `userData` belongs to the strategy, and may be null.
    record Share(SortedSet<TopicPartition> partitions, @Nullable ByteBuffer userData) {
    }

    /// What a member adds to its subscription for this strategy, or null. `generation` is -1 before the first.
    @Nullable ByteBuffer userData(int generation);

    /// Every member is in the answer. `partitionCounts` holds the topics that exist; others are shared out to nobody.
    SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts, List<Member> members);

    /// As [#assign], with what the strategy tells the members besides.
    default SortedMap<String, Share> share(Map<String, Integer> partitionCounts, List<Member> members) {
        TreeMap<String, Share> shares = new TreeMap<>();
        assign(partitionCounts, members).forEach((id, share) -> shares.put(id, new Share(share, null)));
        return shares;
    }
}
