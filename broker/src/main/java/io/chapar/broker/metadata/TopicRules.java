package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.SortedMap;

/// What settings mean to whoever decides about them and about topics. Pure; from any thread.
public interface TopicRules {
    /// A sentence when something is wrong with one of the settings, else null.
    @Nullable String problem(SortedMap<String, String> config);

    /// A sentence when settings in which nothing is wrong contradict each other, else null.
    ///
    /// @param cluster where the topic does not say
    default @Nullable String contradiction(SortedMap<String, String> config, ClusterSettings cluster) {
        return null;
    }

    /// The same for settings that are no topic's.
    default @Nullable String problem(ConfigOwner owner, SortedMap<String, String> config) {
        return null;
    }

    /// How many replicas have to be in sync for the high watermark to rise; at least 1.
    ///
    /// @param cluster where the topic does not say
    default int minIsr(SortedMap<String, String> config, ClusterSettings cluster) {
        return 1;
    }

    /// What a topic of the coordinators is set to once a partition of it is to have so many replicas.
    ///
    /// @param config what it is set to
    /// @param cluster where the topic does not say
    default SortedMap<String, String> ofInternal(
            SortedMap<String, String> config, ClusterSettings cluster, int replicas) {
        return config;
    }

    /// How many partitions at a time move at one broker; at least 1.
    default int movesAtOnce(ClusterSettings cluster) {
        return Reassignments.AT_ONCE;
    }

    /// How many replicas each broker may keep, beside those of the coordinators' own topics.
    default long mostReplicas(ClusterSettings cluster) {
        return Integer.MAX_VALUE;
    }

    /// Whether a replica may lead that may lack what was acknowledged.
    ///
    /// @param cluster where the topic does not say
    default boolean isUnclean(SortedMap<String, String> config, ClusterSettings cluster) {
        return false;
    }
}
