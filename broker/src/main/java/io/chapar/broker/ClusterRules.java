package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.config.DynamicSettings;
import io.chapar.broker.config.GroupBounds;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.TopicRules;
import io.chapar.broker.settings.BrokerSettings;
import org.jspecify.annotations.Nullable;

import java.util.SortedMap;

/// What settings mean for the cluster, with the defaults of the broker that decides, but for what is set for all.
public final class ClusterRules implements TopicRules {
    /// Of a partition that is open and has been written to, without what producers left in it.
    private static final int PARTITION_BYTES = 8192;

    private final BrokerConfig started;
    private final BrokerSettings.OfAll defaults;

    public ClusterRules(BrokerConfig broker) {
        started = broker;
        defaults = new BrokerSettings.OfAll(broker);
    }

    @Override
    public @Nullable String problem(SortedMap<String, String> config) {
        return TopicConfig.problem(config);
    }

    @Override
    public @Nullable String contradiction(SortedMap<String, String> config, ClusterSettings cluster) {
        return new TopicConfig(config, defaults.in(cluster)).contradiction();
    }

    @Override
    public @Nullable String problem(ConfigOwner owner, SortedMap<String, String> config) {
        return switch (owner.kind()) {
            case BROKER -> problemOfBrokers(config, owner.name().isEmpty());
            case CLIENT_METRICS -> OwnedSettings.clientMetrics().problem(config);
            case GROUP -> problemOfGroup(config);
        };
    }

    /// What one broker was started with, nobody else knows.
    private @Nullable String problemOfBrokers(SortedMap<String, String> config, boolean ofAll) {
        String problem = DynamicSettings.problem(config, ofAll);
        if (problem == null && ofAll) {
            try {
                started.under(config);
            } catch (BrokerStartException.BadConfig e) {
                problem = e.getMessage();
            }
        }
        return problem;
    }

    private @Nullable String problemOfGroup(SortedMap<String, String> config) {
        String problem = OwnedSettings.group().problem(config);
        return problem != null ? problem : GroupBounds.problem(config, started);
    }

    @Override
    public int minIsr(SortedMap<String, String> config, ClusterSettings cluster) {
        return new TopicConfig(config, defaults.in(cluster)).minInSyncReplicas();
    }

    @Override
    public SortedMap<String, String> ofInternal(
            SortedMap<String, String> config, ClusterSettings cluster, int replicas) {
        return TopicConfig.ofInternal(config, defaults.in(cluster), replicas);
    }

    @Override
    public int movesAtOnce(ClusterSettings cluster) {
        return defaults.in(cluster).count("reassign.concurrent");
    }

    @Override
    public long mostReplicas(ClusterSettings cluster) {
        return defaults.in(cluster).budget("max.broker.partitions", 2, PARTITION_BYTES);
    }

    @Override
    public boolean isUnclean(SortedMap<String, String> config, ClusterSettings cluster) {
        return new TopicConfig(config, defaults.in(cluster)).isUncleanElectionAllowed();
    }
}
