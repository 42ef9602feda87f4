package io.chapar.broker.metrics;

import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

/// One partition as its loop had it at one moment.
///
/// @param isLed by this broker
/// @param bytesIn since it was opened here, as clients wrote them
/// @param bytesOut since it was opened here, as readers were given them
record PartitionFigures(
        TopicPartition id,
        boolean isLed,
        long logStart,
        long logEnd,
        long highWatermark,
        long stable,
        long bytes,
        long bytesIn,
        long bytesOut) {

    /// On the partition's loop.
    static PartitionFigures of(Partition partition) {
        return new PartitionFigures(partition.id(), partition.refusal() == ErrorCode.NONE, partition.logStartOffset(),
                partition.logEndOffset(), partition.highWatermark(), partition.lastStableOffset(),
                partition.sizeInBytes(), partition.traffic().bytesIn(), partition.traffic().bytesOut());
    }
}
