package io.chapar.cli.cluster;

import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Decides where partitions get more replicas: those that they have stay, the first of them first, so no leader moves.
/// Each further one goes to a rack that has none yet, as far as there are racks, and there to whoever keeps the least.
public final class GrowPlanCore {
    private GrowPlanCore() {
    }

    /// @param brokers those in session
    /// @param replicas that each partition is to have at least
    public static SequencedMap<TopicPartition, List<Integer>> plan(
            Collection<TopicView> topics, Collection<Node> brokers, int replicas) {
        Map<Integer, Node> known = new TreeMap<>();
        Map<Integer, Integer> loads = new TreeMap<>();
        brokers.forEach(broker -> {
            known.put(broker.id(), broker);
            loads.put(broker.id(), 0);
        });
        topics.forEach(topic -> topic.partitions().forEach(partition -> partition.replicas().forEach(
                broker -> loads.computeIfPresent(broker, (_, load) -> load + 1))));
        SequencedMap<TopicPartition, List<Integer>> plan = new LinkedHashMap<>();
        for (TopicView topic : topics) {
            for (PartitionView partition : topic.partitions()) {
                List<Integer> more = new ArrayList<>(partition.replicas());
                while (more.size() < replicas) {
                    Integer next = next(more, known, loads);
                    if (next == null) {
                        break;
                    }
                    more.add(next);
                    loads.computeIfPresent(next, (_, load) -> load + 1);
                }
                if (more.size() > partition.replicas().size()) {
                    plan.put(new TopicPartition(topic.name(), partition.partition()), List.copyOf(more));
                }
            }
        }
        return plan;
    }

    private static @Nullable Integer next(
            List<Integer> taken, Map<Integer, Node> known, Map<Integer, Integer> loads) {
        List<String> racks = taken.stream().map(known::get).filter(Objects::nonNull).map(Node::rack)
                .filter(Objects::nonNull).toList();
        return known.values().stream().filter(broker -> !taken.contains(broker.id()))
                .min(Comparator.comparing((Node broker) -> broker.rack() != null && racks.contains(broker.rack()))
                        .thenComparing(broker -> loads.getOrDefault(broker.id(), 0))
                        .thenComparingInt(Node::id))
                .map(Node::id).orElse(null);
    }
}
