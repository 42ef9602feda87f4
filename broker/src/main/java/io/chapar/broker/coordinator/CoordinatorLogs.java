package io.chapar.broker.coordinator;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/// The coordinator logs of one loop, one per partition of an internal topic. Shared by both kinds of coordinator and
/// by the writer of markers, which waits until a marker in such a log is taken in.
public final class CoordinatorLogs {
    private final Loop loop;
    private final Function<TopicPartition, Partition> partitions;
    private final Map<TopicPartition, PartitionCoordinatorLog> open = new LinkedHashMap<>();
    private final Set<TopicPartition> watched = new LinkedHashSet<>();

    /// @param partitions the partitions that live on this loop; null for any other
    public CoordinatorLogs(Loop loop, Function<TopicPartition, Partition> partitions) {
        this.loop = loop;
        this.partitions = partitions;
    }

    /// The log over this partition, the same one until [CoordinatorLog#onReplaced]; null when the partition does not
    /// live here. Internal topics are never deleted, so a partition is the same as long as the process lives.
    public CoordinatorLog open(TopicPartition id) {
        PartitionCoordinatorLog known = open.get(id);
        if (known != null) {
            return known;
        }
        Partition partition = partitions.apply(id);
        if (partition == null) {
            return null;
        }
        PartitionCoordinatorLog log = new PartitionCoordinatorLog(partition, loop);
        open.put(id, log);
        if (watched.add(id)) {
            partition.onReopened(() -> replace(id));
        }
        return log;
    }

    private void replace(TopicPartition id) {
        PartitionCoordinatorLog old = open.remove(id);
        if (old != null) {
            old.end();
            old.handOver(open.get(id));
        }
    }

    /// The log that a coordinator opened on this partition, or null.
    PartitionCoordinatorLog opened(TopicPartition id) {
        return open.get(id);
    }
}
