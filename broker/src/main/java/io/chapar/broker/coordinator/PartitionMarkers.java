package io.chapar.broker.coordinator;

import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.function.Function;

/// Writes markers into the partitions of one loop.
public final class PartitionMarkers {
    private final Function<TopicPartition, Partition> partitions;
    private final CoordinatorLogs logs;

    PartitionMarkers(Function<TopicPartition, Partition> partitions, CoordinatorLogs logs) {
        this.partitions = partitions;
        this.logs = logs;
    }

    /// Writes markers for one partition together. `done` gets NONE for a marker once it is below the high watermark
    /// and, in an internal topic, its coordinator has taken it in; exactly once for each, on this loop.
    ///
    /// @param deadlineMs until when to wait for replication
    public void write(
            TopicPartition id, List<MarkerAppend> markers, long deadlineMs, long timestampMs, Done done) {
        Partition partition = partitions.apply(id);
        if (partition == null) {
            for (int i = 0; i < markers.size(); i++) {
                done.written(i, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
            }
            return;
        }
        List<AppendOutcome> outcomes = partition.appendMarkers(markers, timestampMs);
        for (int i = 0; i < outcomes.size(); i++) {
            int index = i;
            switch (outcomes.get(i)) {
                case AppendOutcome.Rejected rejected -> done.written(index, rejected.error());
                case AppendOutcome.WrittenBefore _ -> throw new IllegalStateException("markers have no sequences");
                case AppendOutcome.Appended appended ->
                    partition.awaitCommitted(appended.lastOffset(), deadlineMs, error -> {
                        PartitionCoordinatorLog log = error == ErrorCode.NONE ? logs.opened(id) : null;
                        if (log == null) {
                            done.written(index, error);
                        } else {
                            log.whenMaterialised(appended.lastOffset(), () -> done.written(index, ErrorCode.NONE));
                        }
                    });
            }
        }
    }

    @FunctionalInterface
    public interface Done {
        /// @param index of the marker in the list that was given
        void written(int index, ErrorCode error);
    }
}
