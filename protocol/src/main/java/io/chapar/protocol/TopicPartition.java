package io.chapar.protocol;

import java.util.Comparator;
import java.util.Objects;

/// One partition of a topic, by name. Ordered by topic, then by number.
public record TopicPartition(String topic, int partition) implements Comparable<TopicPartition> {
    private static final Comparator<TopicPartition> ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    public TopicPartition {
        Objects.requireNonNull(topic, "topic");
    }

    @Override
    public int compareTo(TopicPartition other) {
        return ORDER.compare(this, other);
    }

    /// `topic-partition`, which is also the name of the partition's folder.
    @Override
    public String toString() {
        return topic + "-" + partition;
    }
}
