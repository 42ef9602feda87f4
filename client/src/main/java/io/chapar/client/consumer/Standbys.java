package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// Of which partitions a member is to keep copies of the state, as the group's leader says. Named by the topic that
/// stands for those that belong together, the first by name.
///
/// @param kept for as long as this assignment holds
/// @param warming which it is to own: it joins again when these have caught up
public record Standbys(SortedSet<TopicPartition> kept, SortedSet<TopicPartition> warming) {
    public static final Standbys NONE = new Standbys(Collections.emptySortedSet(), Collections.emptySortedSet());

    public Standbys {
        kept = Collections.unmodifiableSortedSet(new TreeSet<>(kept));
        warming = Collections.unmodifiableSortedSet(new TreeSet<>(warming));
    }
}
