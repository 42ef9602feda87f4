package io.chapar.broker.metrics;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;

/// The cluster as one broker knows it, counted. Made away from the loops.
///
/// @param leaderless partitions of the cluster that nobody leads
/// @param led by this broker
/// @param underReplicated of those, the ones with replicas that are not in sync
/// @param quorum null where nothing is known of it
public record ClusterFigures(
        int node,
        int controller,
        Map<BrokerImage.Standing, Integer> brokers,
        int leaderless,
        int led,
        int underReplicated,
        @Nullable MetadataQuorum quorum) {

    public static ClusterFigures of(
            ClusterImage image, int node, int controller, @Nullable MetadataQuorum quorum) {
        int leaderless = 0;
        int led = 0;
        int underReplicated = 0;
        for (TopicImage topic : image.topics().values()) {
            for (PartitionImage partition : topic.all()) {
                leaderless += partition.leader() == PartitionImage.NO_LEADER ? 1 : 0;
                if (partition.leader() == node) {
                    led++;
                    underReplicated += partition.isr().size() < partition.replicas().size() ? 1 : 0;
                }
            }
        }
        Map<BrokerImage.Standing, Integer> brokers = new TreeMap<>();
        image.brokers().values().forEach(broker -> brokers.merge(broker.standing(), 1, Integer::sum));
        return new ClusterFigures(node, controller, brokers, leaderless, led, underReplicated, quorum);
    }
}
