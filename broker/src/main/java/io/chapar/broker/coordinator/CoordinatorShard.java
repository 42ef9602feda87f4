package io.chapar.broker.coordinator;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.function.Function;

/// What the coordinators of one loop share.
public final class CoordinatorShard {
    private final Loop loop;
    private final CoordinatorLogs logs;
    private final PartitionMarkers markers;

    /// @param partitions the partitions that live on this loop, asked on it alone; null for any other
    public CoordinatorShard(Loop loop, Function<TopicPartition, Partition> partitions) {
        this.loop = loop;
        this.logs = new CoordinatorLogs(loop, partitions);
        this.markers = new PartitionMarkers(partitions, logs);
    }

    public Loop loop() {
        return loop;
    }

    /// On the loop alone.
    public CoordinatorLogs logs() {
        return logs;
    }

    /// On the loop alone.
    public PartitionMarkers markers() {
        return markers;
    }
}
