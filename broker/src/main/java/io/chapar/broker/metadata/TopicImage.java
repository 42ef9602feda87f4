package io.chapar.broker.metadata;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// A topic as of one version of the cluster.
///
/// @param config the settings that were given for this topic; all others follow the broker's defaults
/// @param bornInLife the broker's life in which the topic was created
public record TopicImage(UUID id, String name, int partitions, SortedMap<String, String> config, long bornInLife) {
    public TopicImage {
        config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
    }

    public boolean isInternal() {
        return InternalTopics.isInternal(name);
    }

    public boolean hasPartition(int partition) {
        return partition >= 0 && partition < partitions;
    }
}
