package io.chapar.protocol;

import java.util.Objects;

/// One partition of a topic, by name. Ordered by topic, then by number.
public record TopicPartition(String topic, int partition) implements Comparable<TopicPartition> {
    public TopicPartition {
        Objects.requireNonNull(topic, "topic");
    }

    @Override
    public int compareTo(TopicPartition other) {
        // Nearly always the same object.
        int byTopic = topic.equals(other.topic) ? 0 : topic.compareTo(other.topic);
        return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
    }

    /// `topic-partition`, which is also the name of the partition's folder.
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
