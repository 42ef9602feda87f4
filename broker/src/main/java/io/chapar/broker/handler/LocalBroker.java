package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.settings.BrokerSettings;
import io.chapar.broker.shard.Shards;
import org.jspecify.annotations.Nullable;

/// This broker, as handlers see it.
public record LocalBroker(BrokerSettings settings, MetadataLog metadata, Shards shards) {

    public int id() {
        return settings.started().nodeId();
    }

    /// In force at present.
    public BrokerConfig config() {
        return settings.inForce();
    }

    public ClusterImage image() {
        return metadata.image();
    }

    /// Null when there is no such partition.
    @Nullable PartitionImage partition(@Nullable TopicImage topic, int partition) {
        return topic == null || !topic.hasPartition(partition) ? null : topic.partition(partition);
    }

    /// How many replicas a topic has that does not say.
    public int defaultFactor() {
        return factor(config().count("default.replication.factor"));
    }

    /// So many replicas, or as many as there are brokers that are not drained. A voter that has not registered yet
    /// counts: what is created in the first moments of a cluster would have too few for ever.
    public int factor(int wanted) {
        ClusterImage image = image();
        int all = Math.max(image.brokers().size(), settings.started().voters().size());
        int drained = (int) image.brokers().keySet().stream().filter(image.settings()::isDrained).count();
        return Math.min(wanted, Math.max(1, all - drained));
    }

    public TopicConfig config(TopicImage topic) {
        return new TopicConfig(topic.config(), config());
    }
}
