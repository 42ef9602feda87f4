package io.chapar.broker.coordinator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;

import java.util.function.Supplier;

/// On which broker of the cluster a partition is led, as the latest image has it. From any thread.
///
/// @param here this broker
public record ClusterPlacement(int here, Supplier<ClusterImage> cluster) {

    /// [PartitionImage#NO_LEADER] when nobody leads it, or there is none.
    int leader(TopicPartition partition) {
        TopicImage topic = cluster.get().topic(partition.topic());
        return topic == null || !topic.hasPartition(partition.partition())
                ? PartitionImage.NO_LEADER : topic.partition(partition.partition()).leader();
    }

    /// Of the coordinator of a transactional id; this broker while there are no coordinators, which is its to tell.
    int transactions(String transactionalId) {
        TopicImage topic = cluster.get().topic(CoordinatorKeys.TRANSACTION_STATE);
        return topic == null ? here
                : topic.partition(CoordinatorKeys.partitionOf(transactionalId, topic.partitions())).leader();
    }

    /// Of whoever keeps the state of a partition of a share group; this broker while there is nobody, which is its to
    /// tell.
    public int shareStates(String key) {
        TopicImage topic = cluster.get().topic(CoordinatorKeys.SHARE_STATE);
        return topic == null ? here : leaderOrHere(new TopicPartition(
                CoordinatorKeys.SHARE_STATE, CoordinatorKeys.partitionOf(key, topic.partitions())));
    }

    /// As [#leader], but this broker for a partition that is nobody's, or gone, which is its to tell.
    int leaderOrHere(TopicPartition partition) {
        int leader = leader(partition);
        return leader == PartitionImage.NO_LEADER ? here : leader;
    }

    /// Whether the cluster has it; a topic that was made anew may have fewer.
    public boolean exists(TopicPartition partition) {
        TopicImage topic = cluster.get().topic(partition.topic());
        return topic != null && topic.hasPartition(partition.partition());
    }
}
