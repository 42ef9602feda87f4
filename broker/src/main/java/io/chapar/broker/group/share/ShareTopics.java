package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;

import java.util.Collections;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// The partitions of which a share group has a state, which is kept elsewhere.
///
/// @param names of their topics
public record ShareTopics(SortedMap<UUID, String> names, PartitionSet partitions) {
    public static final ShareTopics NONE = new ShareTopics(new TreeMap<>(), PartitionSet.EMPTY);
    private static final int TOPIC_BYTES = 160;

    public ShareTopics {
        names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
    }

    /// Those that have, or had, one of these names: what is no more is here until it is forgotten.
    public NavigableMap<UUID, String> named(Set<String> wanted) {
        NavigableMap<UUID, String> found = new TreeMap<>(names);
        found.values().retainAll(wanted);
        return found;
    }

    /// The same with some more, and without others.
    public ShareTopics changed(SortedMap<UUID, String> names, PartitionSet more, PartitionSet without) {
        NavigableMap<UUID, String> all = new TreeMap<>(this.names);
        all.putAll(names);
        PartitionSet.Builder left = new PartitionSet.Builder();
        NavigableMap<UUID, String> named = new TreeMap<>();
        PartitionSet.Visitor add = (topic, partition) -> {
            if (!without.has(topic, partition)) {
                left.add(topic, partition);
                named.put(topic, all.getOrDefault(topic, ""));
            }
        };
        partitions.each(add);
        more.each(add);
        return new ShareTopics(named, left.build());
    }

    /// About what it takes in memory.
    public long bytes() {
        long bytes = partitions.size();
        for (String name : names.values()) {
            bytes += TOPIC_BYTES + 2L * name.length();
        }
        return bytes;
    }
}
