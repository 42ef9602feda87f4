package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.TopicRules;
import org.jspecify.annotations.Nullable;

import java.util.SortedMap;

/// What the settings of topics mean for the cluster, with the defaults of the broker that decides.
public record ClusterRules(BrokerConfig broker) implements TopicRules {
    @Override
    public @Nullable String problem(SortedMap<String, String> config) {
        return TopicConfig.problem(config);
    }

    @Override
    public int minIsr(SortedMap<String, String> config) {
        return new TopicConfig(config, broker).minInSyncReplicas();
    }

    @Override
    public boolean isUnclean(SortedMap<String, String> config) {
        return new TopicConfig(config, broker).isUncleanElectionAllowed();
    }
}
