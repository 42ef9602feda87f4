package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/// What a member tells the group's leader: the topics it wants, and what it has held since which generation (-1 and
/// nothing for members that do not tell). `userData` belongs to the strategy, and may be null.
record GroupSubscription(SortedSet<String> topics, SortedSet<TopicPartition> owned, int generation,
        @Nullable ByteBuffer userData) {
    static final int NO_GENERATION = -1;

    GroupSubscription {
        topics = Collections.unmodifiableSortedSet(new TreeSet<>(topics));
        owned = Collections.unmodifiableSortedSet(new TreeSet<>(owned));
    }
}
