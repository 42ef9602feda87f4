package io.chapar.broker.coordinator;

import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.function.ToIntFunction;

/// One [CoordinatorShard] per loop that owns partitions. Immutable; from any thread.
public final class CoordinatorShards {
    private final List<CoordinatorShard> all;
    private final ToIntFunction<TopicPartition> owner;

    /// @param owner the index of the shard that a partition lives on, or would
    public CoordinatorShards(List<CoordinatorShard> all, ToIntFunction<TopicPartition> owner) {
        this.all = List.copyOf(all);
        this.owner = owner;
    }

    public CoordinatorShard of(TopicPartition partition) {
        return all.get(owner.applyAsInt(partition));
    }

    public List<CoordinatorShard> all() {
        return all;
    }
}
