package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;

/// Shares partitions out over the members of a group. A pure function: the same members and counts, the same answer.
interface Assignor {
    /// One member with what it told on joining. `instanceId` is null for dynamic members.
    record Member(String id, @Nullable String instanceId, GroupSubscription subscription) {
    }

    /// What a member adds to its subscription for this strategy, or null. `generation` is -1 before the first.
    @Nullable ByteBuffer userData(int generation);

    /// Every member is in the answer. `partitionCounts` holds the topics that exist; others are shared out to nobody.
    SortedMap<String, SortedSet<TopicPartition>> assign(Map<String, Integer> partitionCounts, List<Member> members);
}
