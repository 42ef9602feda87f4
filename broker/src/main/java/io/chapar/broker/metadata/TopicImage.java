package io.chapar.broker.metadata;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;

/// A topic as of one version of the cluster.
///
/// @param all its partitions, by number
/// @param config the settings that were given for this topic; all others follow the broker's defaults
public record TopicImage(UUID id, String name, List<PartitionImage> all, SortedMap<String, String> config) {
    public TopicImage {
        all = PartitionPages.of(all);
        config = Collections.unmodifiableSortedMap(new TreeMap<>(config));
    }

    public boolean isInternal() {
        return InternalTopics.isInternal(name);
    }

    /// How many it has.
    public int partitions() {
        return all.size();
    }

    public boolean hasPartition(int partition) {
        return partition >= 0 && partition < all.size();
    }

    public PartitionImage partition(int partition) {
        return all.get(partition);
    }

    TopicImage withConfig(SortedMap<String, String> other) {
        return new TopicImage(id, name, all, other);
    }

    TopicImage withMore(List<PartitionImage> more) {
        return new TopicImage(id, name, PartitionPages.of(all).plus(more), config);
    }

    TopicImage with(Map<Integer, PartitionImage> changed) {
        return new TopicImage(id, name, PartitionPages.of(all).with(changed), config);
    }

    TopicImage map(UnaryOperator<PartitionImage> change) {
        return new TopicImage(id, name, PartitionPages.of(all).map(change), config);
    }
}
