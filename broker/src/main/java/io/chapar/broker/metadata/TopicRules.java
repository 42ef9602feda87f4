package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.SortedMap;

/// What a topic's own settings mean to whoever decides about it. Pure; from any thread.
public interface TopicRules {
    /// A sentence when something is wrong with the settings, else null.
    @Nullable String problem(SortedMap<String, String> config);

    /// How many replicas have to be in sync for the high watermark to rise; at least 1.
    default int minIsr(SortedMap<String, String> config) {
        return 1;
    }

    /// Whether a replica may lead that may lack what was acknowledged.
    default boolean isUnclean(SortedMap<String, String> config) {
        return false;
    }
}
