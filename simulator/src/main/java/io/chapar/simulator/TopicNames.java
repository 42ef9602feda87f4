package io.chapar.simulator;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// Ids of topics by their names and the other way round, as they are decided.
final class TopicNames {
    private TopicNames() {}

    static SortedMap<UUID, List<Integer>> ids(SimulatedCluster cluster, SortedSet<TopicPartition> all) {
        SortedMap<UUID, List<Integer>> ids = new TreeMap<>();
        for (TopicPartition one : all) {
            TopicImage topic = cluster.image().topic(one.topic());
            if (topic != null) {
                ids.computeIfAbsent(topic.id(), _ -> new ArrayList<>()).add(one.partition());
            }
        }
        return ids;
    }

    /// Empty where there is no such topic.
    static SortedSet<TopicPartition> named(SimulatedCluster cluster, UUID id, List<Integer> partitions) {
        SortedSet<TopicPartition> all = new TreeSet<>();
        TopicImage topic = cluster.image().topic(id);
        if (topic != null) {
            partitions.forEach(one -> all.add(new TopicPartition(topic.name(), one)));
        }
        return all;
    }
}
