package io.chapar.broker.coordinator;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// The coordinator logs of one loop, one per partition of an internal topic. Shared by both kinds of coordinator and
/// by the writer of markers, which waits until a marker in such a log is taken in.
public final class CoordinatorLogs {
    private final Loop loop;
    private final Function<TopicPartition, Partition> partitions;
    private final Map<TopicPartition, PartitionCoordinatorLog> open = new LinkedHashMap<>();
    private final Map<TopicPartition, Partition> watched = new LinkedHashMap<>();

    /// @param partitions the partitions that live on this loop; null for any other
    public CoordinatorLogs(Loop loop, Function<TopicPartition, Partition> partitions) {
        this.loop = loop;
        this.partitions = partitions;
    }

    /// The log over this partition, the same one as long as the partition is the same, and until
    /// [CoordinatorLog#onReplaced]; null when the partition does not live here.
    public CoordinatorLog open(TopicPartition id) {
        PartitionCoordinatorLog log = open.get(id);
        Partition partition = partitions.apply(id);
        if (partition == null) {
            return null;
        }
        if (log == null || !log.isOver(partition)) {
            log = new PartitionCoordinatorLog(partition, loop);
            open.put(id, log);
            if (!partition.equals(watched.put(id, partition))) {
                partition.onReopened(() -> replace(id));
            }
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
