package io.chapar.broker.coordinator;

import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.function.Consumer;
import java.util.function.Function;

/// Writes markers into the partitions of one loop.
public final class PartitionMarkers {
    private final Function<TopicPartition, Partition> partitions;
    private final CoordinatorLogs logs;

    PartitionMarkers(Function<TopicPartition, Partition> partitions, CoordinatorLogs logs) {
        this.partitions = partitions;
        this.logs = logs;
    }

    /// `done` gets NONE once the marker is below the high watermark and, in an internal topic, its coordinator has
    /// taken it in; exactly once, on this loop.
    ///
    /// @param deadlineMs until when to wait for replication
    public void write(
            TopicPartition id, MarkerAppend marker, long deadlineMs, long timestampMs, Consumer<ErrorCode> done) {
        Partition partition = partitions.apply(id);
        if (partition == null) {
            done.accept(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
            return;
        }
        switch (partition.appendMarker(marker, timestampMs)) {
            case AppendOutcome.Rejected rejected -> done.accept(rejected.error());
            case AppendOutcome.Appended appended ->
                partition.awaitCommitted(appended.lastOffset(), deadlineMs, error -> {
                    PartitionCoordinatorLog log = error == ErrorCode.NONE ? logs.opened(id) : null;
                    if (log == null) {
                        done.accept(error);
                    } else {
                        log.whenMaterialised(appended.lastOffset(), () -> done.accept(ErrorCode.NONE));
                    }
                });
        }
    }
}
