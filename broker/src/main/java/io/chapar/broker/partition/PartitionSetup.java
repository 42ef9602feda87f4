package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.UUID;

/// What it takes to open a partition.
///
/// @param leaderEpoch the epoch in which this broker leads it; 0 for a new topic
/// @param loop the loop that owns the partition from now on
/// @param leaders what it shares with the other partitions of the loop
/// @param producers how many it may remember
public record PartitionSetup(
        TopicPartition id,
        UUID topicId,
        int leaderEpoch,
        LogConfig config,
        DataFolder folder,
        Loop loop,
        Leaders leaders,
        ProducerLimits producers) {

    /// Of a partition with one replica.
    public PartitionSetup(
            TopicPartition id, UUID topicId, int leaderEpoch, LogConfig config, DataFolder folder, Loop loop) {
        this(id, topicId, leaderEpoch, config, folder, loop, Leaders.alone(), ProducerLimits.none());
    }
}
