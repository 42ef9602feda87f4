package io.chapar.broker.shard;

import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.function.Function;
import java.util.function.LongConsumer;

/// Changes of the cluster that a shard has still to follow, the first perhaps in part, as the partitions that they
/// concern: one after the other, however many changes there are, so that whoever works in slices counts all of them.
/// Those of a change are found when it is its turn.
final class Changes implements Iterator<TopicPartition> {
    private final Function<ClusterDelta, Iterator<TopicPartition>> concerned;
    private final LongConsumer followed;
    private final ArrayDeque<Change> left = new ArrayDeque<>();
    private Iterator<TopicPartition> current = Collections.emptyIterator();
    private boolean begun;

    /// @param version that it led to
    private record Change(long version, ClusterDelta delta) {}

    /// @param followed told the version of each change, once the work on the last of its partitions is done
    Changes(Function<ClusterDelta, Iterator<TopicPartition>> concerned, LongConsumer followed) {
        this.concerned = concerned;
        this.followed = followed;
    }

    void add(long version, ClusterDelta delta) {
        left.add(new Change(version, delta));
    }

    @Override
    public boolean hasNext() {
        while (!left.isEmpty()) {
            if (!begun) {
                begun = true;
                current = concerned.apply(left.element().delta());
            }
            if (current.hasNext()) {
                return true;
            }
            begun = false;
            followed.accept(left.remove().version());
        }
        return false;
    }

    @Override
    public TopicPartition next() {
        return current.next();
    }
}
