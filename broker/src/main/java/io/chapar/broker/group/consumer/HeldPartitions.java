package io.chapar.broker.group.consumer;

import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// Partitions that a member has, each with the epoch in which it got it: who commits in an earlier epoch has had the
/// partition from a life before (KIP-1251). Never changes.
public final class HeldPartitions {
    public static final HeldPartitions NONE = new HeldPartitions(new TreeMap<>());

    private final NavigableMap<UUID, NavigableMap<Integer, Integer>> byTopic;
    private final int size;

    private HeldPartitions(NavigableMap<UUID, NavigableMap<Integer, Integer>> byTopic) {
        this.byTopic = byTopic;
        int count = 0;
        for (Map<Integer, Integer> one : byTopic.values()) {
            count += one.size();
        }
        size = count;
    }

    /// Collects partitions; to be asked for them once.
    public static final class Builder {
        private final NavigableMap<UUID, NavigableMap<Integer, Integer>> byTopic = new TreeMap<>();

        public Builder add(UUID topic, int partition, int sinceEpoch) {
            byTopic.computeIfAbsent(topic, _ -> new TreeMap<>()).put(partition, sinceEpoch);
            return this;
        }

        Builder addAll(HeldPartitions all) {
            all.each(this::add);
            return this;
        }

        public HeldPartitions build() {
            return byTopic.isEmpty() ? NONE : new HeldPartitions(byTopic);
        }
    }

    public interface Visitor {
        void see(UUID topic, int partition, int sinceEpoch);
    }

    public boolean has(UUID topic, int partition) {
        return byTopic.containsKey(topic) && byTopic.get(topic).containsKey(partition);
    }

    /// Integer.MAX_VALUE for one that is not here.
    int sinceEpoch(UUID topic, int partition) {
        Map<Integer, Integer> here = byTopic.get(topic);
        return here == null ? Integer.MAX_VALUE : here.getOrDefault(partition, Integer.MAX_VALUE);
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public int size() {
        return size;
    }

    public void each(Visitor visitor) {
        byTopic.forEach((topic, partitions) -> partitions.forEach((one, since) -> visitor.see(topic, one, since)));
    }

    /// In order; epochs by partition.
    public SortedMap<UUID, NavigableMap<Integer, Integer>> byTopic() {
        return Collections.unmodifiableSortedMap(byTopic);
    }

    public PartitionSet partitions() {
        PartitionSet.Builder all = new PartitionSet.Builder();
        each((topic, partition, _) -> all.add(topic, partition));
        return all.build();
    }

    /// Whether both name the same partitions, whatever their epochs.
    public boolean coversSame(HeldPartitions other) {
        if (size != other.size || byTopic.size() != other.byTopic.size()) {
            return false;
        }
        for (Map.Entry<UUID, NavigableMap<Integer, Integer>> one : byTopic.entrySet()) {
            Map<Integer, Integer> others = other.byTopic.get(one.getKey());
            if (others == null || !others.keySet().equals(one.getValue().keySet())) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HeldPartitions held && byTopic.equals(held.byTopic);
    }

    @Override
    public int hashCode() {
        return byTopic.hashCode();
    }

    @Override
    public String toString() {
        return byTopic.toString();
    }
}
