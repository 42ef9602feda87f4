package io.chapar.broker.share.state;

import io.chapar.broker.metadata.KafkaUuid;

import java.util.Comparator;
import java.util.UUID;

/// A partition as one share group has it. Ordered, so that a map of keys whose hashes a stranger made equal stays fast.
public record ShareKey(String groupId, UUID topicId, int partition) implements Comparable<ShareKey> {
    private static final Comparator<ShareKey> ORDER = Comparator.comparing(ShareKey::groupId)
            .thenComparing(ShareKey::topicId).thenComparingInt(ShareKey::partition);

    @Override
    public int compareTo(ShareKey other) {
        return ORDER.compare(this, other);
    }

    /// By which Kafka finds the partition of `__share_group_state` that its state is kept in.
    public String text() {
        return groupId + ":" + KafkaUuid.text(topicId) + ":" + partition;
    }
}
