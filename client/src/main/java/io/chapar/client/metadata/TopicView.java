package io.chapar.client.metadata;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// One topic. `id` is all zeros from brokers without topic ids. `partitions` is ordered by number, without gaps.
public record TopicView(String name, UUID id, boolean internal, List<PartitionView> partitions) {
    public static final UUID NO_ID = new UUID(0, 0);

    public boolean hasId() {
        return !id.equals(NO_ID);
    }

    public int partitionCount() {
        return partitions.size();
    }

    /// Null when the topic has no such partition.
    public @Nullable PartitionView partition(int number) {
        return number >= 0 && number < partitions.size() ? partitions.get(number) : null;
    }
}
