package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.List;
import java.util.UUID;

/// What it takes to open a partition.
///
/// @param node this broker
/// @param image who leads it, and in which epoch
/// @param loop the loop that owns the partition from now on
/// @param leaders what it shares with the other partitions of the loop
/// @param producers how many it may remember
public record PartitionSetup(
        TopicPartition id,
        UUID topicId,
        int node,
        PartitionImage image,
        LogConfig config,
        DataFolder folder,
        Loop loop,
        Leaders leaders,
        ProducerLimits producers) {
    private static final int ONLY = 1;

    /// Of a partition that the only broker leads.
    public PartitionSetup(
            TopicPartition id,
            UUID topicId,
            int leaderEpoch,
            LogConfig config,
            DataFolder folder,
            Loop loop,
            Leaders leaders,
            ProducerLimits producers) {
        this(id, topicId, ONLY, ledInEpoch(leaderEpoch), config, folder, loop, leaders, producers);
    }

    /// Of a partition with one replica.
    public PartitionSetup(
            TopicPartition id, UUID topicId, int leaderEpoch, LogConfig config, DataFolder folder, Loop loop) {
        this(id, topicId, leaderEpoch, config, folder, loop, Leaders.alone(), ProducerLimits.none());
    }

    /// Led by the only broker there is.
    public static PartitionImage ledInEpoch(int leaderEpoch) {
        return new PartitionImage(ONLY, leaderEpoch, leaderEpoch, List.of(ONLY), List.of(ONLY), List.of());
    }
}
