package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Shards;
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

    /// One beside each of the broker's shards.
    public static CoordinatorShards over(Shards shards) {
        List<CoordinatorShard> all = shards.all().stream()
                .map(shard -> new CoordinatorShard(shard.loop(), shard::partition))
                .toList();
        return new CoordinatorShards(all, partition -> shards.of(partition).index());
    }

    public CoordinatorShard of(TopicPartition partition) {
        return all.get(owner.applyAsInt(partition));
    }

    public List<CoordinatorShard> all() {
        return all;
    }
}
