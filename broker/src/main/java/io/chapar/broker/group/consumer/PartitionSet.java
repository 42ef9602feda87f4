package io.chapar.broker.group.consumer;

import io.chapar.protocol.MalformedMessageException;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.IntConsumer;

/// Partitions of topics, by the topics' ids. Never changes.
public final class PartitionSet {
    public static final PartitionSet EMPTY = new PartitionSet(new TreeMap<>());
    /// More partitions no topic has; a number beyond is no number of a partition.
    private static final int MAX_PARTITION = 1 << 24;

    private final NavigableMap<UUID, BitSet> byTopic;
    private final int size;

    /// @param byTopic not kept by anybody else, and without empty ones
    private PartitionSet(NavigableMap<UUID, BitSet> byTopic) {
        this.byTopic = byTopic;
        int count = 0;
        for (BitSet one : byTopic.values()) {
            count += one.cardinality();
        }
        size = count;
    }

    /// Collects partitions; to be asked for the set once.
    public static final class Builder {
        private final NavigableMap<UUID, BitSet> byTopic = new TreeMap<>();

        public Builder add(UUID topic, int partition) {
            byTopic.computeIfAbsent(topic, _ -> new BitSet()).set(partition);
            return this;
        }

        /// All of one topic that the log has.
        public Builder addLogged(UUID topic, List<Integer> partitions) {
            for (int partition : partitions) {
                add(topic, logged(partition));
            }
            return this;
        }

        /// @param to exclusive
        Builder addRange(UUID topic, int from, int to) {
            if (from < to) {
                byTopic.computeIfAbsent(topic, _ -> new BitSet()).set(from, to);
            }
            return this;
        }

        void remove(UUID topic, int partition) {
            BitSet here = byTopic.get(topic);
            if (here != null) {
                here.clear(partition);
                if (here.isEmpty()) {
                    byTopic.remove(topic);
                }
            }
        }

        public PartitionSet build() {
            return byTopic.isEmpty() ? EMPTY : new PartitionSet(byTopic);
        }
    }

    public interface Visitor {
        void see(UUID topic, int partition);
    }

    /// A partition's number that the log has. Throws [MalformedMessageException] for what is no such number.
    static int logged(int partition) {
        if (partition < 0 || partition > MAX_PARTITION) {
            throw new MalformedMessageException("partition " + partition + " in the log of groups");
        }
        return partition;
    }

    public boolean has(UUID topic, int partition) {
        BitSet here = byTopic.get(topic);
        return here != null && partition >= 0 && here.get(partition);
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public int size() {
        return size;
    }

    int topics() {
        return byTopic.size();
    }

    /// That it takes in memory.
    long bits() {
        long all = 0;
        for (BitSet one : byTopic.values()) {
            all += one.size();
        }
        return all;
    }

    /// In order.
    public void each(Visitor visitor) {
        byTopic.forEach((topic, partitions) -> partitions.stream().forEach(one -> visitor.see(topic, one)));
    }

    /// Those of one topic, in order.
    void eachOf(UUID topic, IntConsumer visitor) {
        BitSet here = byTopic.get(topic);
        if (here != null) {
            here.stream().forEach(visitor);
        }
    }

    /// In order; the numbers of each topic ascending.
    public SortedMap<UUID, int[]> byTopic() {
        SortedMap<UUID, int[]> all = new TreeMap<>();
        byTopic.forEach((topic, partitions) -> all.put(topic, partitions.stream().toArray()));
        return all;
    }

    /// One for each topic and its partitions, in order.
    public <T> List<T> perTopic(BiFunction<UUID, List<Integer>, T> one) {
        List<T> all = new ArrayList<>(byTopic.size());
        byTopic.forEach((topic, partitions) -> all.add(one.apply(topic, partitions.stream().boxed().toList())));
        return all;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PartitionSet set && byTopic.equals(set.byTopic);
    }

    @Override
    public int hashCode() {
        return byTopic.hashCode();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (Map.Entry<UUID, BitSet> one : byTopic.entrySet()) {
            text.append(one.getKey()).append(one.getValue());
        }
        return text.append('}').toString();
    }
}
