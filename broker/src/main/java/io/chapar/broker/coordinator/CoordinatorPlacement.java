package io.chapar.broker.coordinator;

import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.function.ToIntFunction;

/// On which of this broker's loops a partition lives, and with it whoever coordinates over it. Immutable; from any
/// thread.
public final class CoordinatorPlacement {
    private final List<CoordinatorLogs> all;
    private final ToIntFunction<TopicPartition> owner;

    /// @param owner the index of the loop that a partition lives on, or would
    public CoordinatorPlacement(List<CoordinatorLogs> all, ToIntFunction<TopicPartition> owner) {
        this.all = List.copyOf(all);
        this.owner = owner;
    }

    /// One for each of the broker's shards.
    public static CoordinatorPlacement over(Shards shards) {
        List<CoordinatorLogs> all = shards.all().stream()
                .map(shard -> new CoordinatorLogs(shard.loop(), shard::partition))
                .toList();
        return new CoordinatorPlacement(all, partition -> shards.of(partition).index());
    }

    /// From now on whoever coordinates begins with each partition that comes here and is led here. Not before all that
    /// is on the disk is open: what a coordinator left undone goes to any partition. From any thread.
    ///
    /// @param shards those of [#over]
    public void follow(Shards shards) {
        for (Shard shard : shards.all()) {
            CoordinatorLogs logs = all.get(shard.index());
            shard.loop().run(() -> shard.onOpened(logs::begin));
        }
    }

    public CoordinatorLogs of(TopicPartition partition) {
        return all.get(owner.applyAsInt(partition));
    }

    public List<CoordinatorLogs> all() {
        return all;
    }
}
