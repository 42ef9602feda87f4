package io.chapar.cli.cluster;

import io.chapar.client.admin.OngoingReassignment;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Where replicas should be: pure functions of where they are. Whatever need not move stays. Nobody gets two replicas
/// of a partition, and those of one partition get racks of their own as far as there are racks.
public final class PlanCore {
    private final Map<Integer, Node> brokers = new TreeMap<>();
    private final Map<Integer, Integer> keeps = new TreeMap<>();
    private final Map<Integer, Integer> leads = new TreeMap<>();

    /// @param brokers that may have replicas
    private PlanCore(Collection<Node> brokers, Collection<TopicView> topics) {
        brokers.forEach(broker -> this.brokers.put(broker.id(), broker));
        topics.forEach(topic -> topic.partitions().forEach(partition -> {
            partition.replicas().forEach(replica -> keeps.merge(replica, 1, Integer::sum));
            leads.merge(partition.replicas().getFirst(), 1, Integer::sum);
        }));
    }

    /// The topics with the replicas that partitions have once nothing moves any more: what a plan has to begin from.
    /// Meanwhile a partition has those that it gets and those that it loses.
    public static List<TopicView> inTheEnd(Collection<TopicView> now, Collection<OngoingReassignment> moving) {
        Map<TopicPartition, OngoingReassignment> byId = new TreeMap<>();
        moving.forEach(one -> byId.put(one.partition(), one));
        return now.stream().map(topic -> new TopicView(topic.name(), topic.id(), topic.internal(),
                topic.partitions().stream().map(view -> {
                    OngoingReassignment one = byId.get(new TopicPartition(topic.name(), view.partition()));
                    return one == null ? view : new PartitionView(view.partition(), view.leaderId(),
                            view.leaderEpoch(), inTheEnd(one), view.inSync(), view.offline());
                }).toList())).toList();
    }

    /// The replicas that a partition has once it does not move any more, those among them that still wait to be begun.
    public static List<Integer> inTheEnd(OngoingReassignment one) {
        return Stream.concat(one.replicas().stream(), one.adding().stream()).distinct()
                .filter(replica -> !one.removing().contains(replica)).toList();
    }

    /// All replicas of one broker to others, each to who has least.
    ///
    /// @param all topics there are
    /// @param active brokers in session
    /// @return the partitions that move, with their replicas afterwards
    public static SortedMap<TopicPartition, List<Integer>> away(
            Collection<TopicView> all, Collection<Node> active, int broker) {
        PlanCore plan = new PlanCore(active.stream().filter(node -> node.id() != broker).toList(), all);
        SortedMap<TopicPartition, List<Integer>> moved = new TreeMap<>();
        for (TopicView topic : all) {
            for (PartitionView partition : topic.partitions()) {
                if (partition.replicas().contains(broker)) {
                    moved.put(new TopicPartition(topic.name(), partition.partition()),
                            plan.without(partition.replicas(), broker));
                }
            }
        }
        return moved;
    }

    private List<Integer> without(List<Integer> replicas, int broker) {
        int other = best(replicas);
        List<Integer> after = new ArrayList<>(replicas);
        after.replaceAll(one -> one == broker ? other : one);
        count(other, after.getFirst() == other);
        return List.copyOf(after);
    }

    /// Leaderships of one broker to others that are in sync, each to who leads least: it comes last among the replicas,
    /// and the new leader first. What leaves it already has it no more.
    public static SortedMap<TopicPartition, List<Integer>> ledByOthers(
            Collection<TopicView> all, Collection<Node> active, int broker) {
        PlanCore plan = new PlanCore(active, all);
        SortedMap<TopicPartition, List<Integer>> moved = new TreeMap<>();
        for (TopicView topic : all) {
            for (PartitionView partition : topic.partitions()) {
                boolean leads = partition.leaderId() == broker || partition.replicas().getFirst() == broker;
                Integer next = !leads ? null : partition.replicas().stream()
                        .filter(one -> one != broker && partition.inSync().contains(one)
                                && plan.brokers.containsKey(one))
                        .min(Comparator.comparing((Integer one) -> plan.leads.getOrDefault(one, 0))).orElse(null);
                if (next != null) {
                    plan.leads.merge(next, 1, Integer::sum);
                    moved.put(new TopicPartition(topic.name(), partition.partition()),
                            ordered(partition.replicas(), next, broker));
                }
            }
        }
        return moved;
    }

    private static List<Integer> ordered(List<Integer> replicas, int first, int last) {
        List<Integer> after = new ArrayList<>();
        after.add(first);
        replicas.stream().filter(one -> one != first && one != last).forEach(after::add);
        if (replicas.contains(last)) {
            after.add(last);
        }
        return List.copyOf(after);
    }

    /// Over these brokers alone, as evenly as moving no more than that takes gives.
    ///
    /// @param all topics there are
    /// @param chosen those of them that may move
    /// @param factor how many replicas each partition gets; null for as many as it has
    /// @return the partitions that change, with their replicas afterwards
    public static SortedMap<TopicPartition, List<Integer>> over(Collection<TopicView> all,
            Collection<TopicView> chosen, Collection<Node> brokers, @Nullable Integer factor) {
        PlanCore plan = new PlanCore(brokers, all);
        SortedMap<TopicPartition, List<Integer>> after = new TreeMap<>();
        SortedMap<TopicPartition, List<Integer>> before = new TreeMap<>();
        for (TopicView topic : chosen) {
            for (PartitionView partition : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.name(), partition.partition());
                before.put(id, partition.replicas());
                after.put(id, plan.fitted(partition.replicas(),
                        factor == null ? partition.replicas().size() : factor));
            }
        }
        plan.even(after);
        plan.evenFirsts(after);
        after.entrySet().removeIf(one -> one.getValue().equals(before.get(one.getKey())));
        return after;
    }

    /// So many, as many of the old ones as are allowed among them.
    private List<Integer> fitted(List<Integer> replicas, int factor) {
        List<Integer> after = new ArrayList<>(
                replicas.stream().filter(one -> brokers.containsKey(one)).limit(factor).toList());
        replicas.stream().filter(one -> !after.contains(one)).forEach(one -> keeps.merge(one, -1, Integer::sum));
        while (after.size() < factor) {
            int other = best(after);
            after.add(other);
            keeps.merge(other, 1, Integer::sum);
        }
        if (!replicas.getFirst().equals(after.getFirst())) {
            leads.merge(replicas.getFirst(), -1, Integer::sum);
            leads.merge(after.getFirst(), 1, Integer::sum);
        }
        return after;
    }

    /// From whoever has most to whoever has least, until they differ by one at most or nothing that may move helps.
    private void even(SortedMap<TopicPartition, List<Integer>> placed) {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Map.Entry<TopicPartition, List<Integer>> one : placed.entrySet()) {
                Integer most = one.getValue().stream().max(Comparator.comparingInt(this::kept)).orElseThrow();
                int least = best(one.getValue(), most);
                if (least >= 0 && kept(most) - kept(least) > 1) {
                    List<Integer> after = new ArrayList<>(one.getValue());
                    after.replaceAll(replica -> replica.equals(most) ? least : replica);
                    keeps.merge(most, -1, Integer::sum);
                    if (after.getFirst() == least) {
                        leads.merge(most, -1, Integer::sum);
                    }
                    count(least, after.getFirst() == least);
                    one.setValue(List.copyOf(after));
                    moved = true;
                }
            }
        }
    }

    /// Preferred leaders the same way, among the replicas of each partition.
    private void evenFirsts(SortedMap<TopicPartition, List<Integer>> placed) {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Map.Entry<TopicPartition, List<Integer>> one : placed.entrySet()) {
                Integer first = one.getValue().getFirst();
                Integer other = one.getValue().stream().min(Comparator.comparingInt(this::led)).orElseThrow();
                if (led(first) - led(other) > 1) {
                    List<Integer> after = new ArrayList<>(one.getValue());
                    after.removeIf(replica -> replica.equals(other));
                    after.addFirst(other);
                    leads.merge(first, -1, Integer::sum);
                    leads.merge(other, 1, Integer::sum);
                    one.setValue(List.copyOf(after));
                    moved = true;
                }
            }
        }
    }

    private int kept(Integer broker) {
        return keeps.getOrDefault(broker, 0);
    }

    private int led(Integer broker) {
        return leads.getOrDefault(broker, 0);
    }

    private void count(int broker, boolean isFirst) {
        keeps.merge(broker, 1, Integer::sum);
        if (isFirst) {
            leads.merge(broker, 1, Integer::sum);
        }
    }

    private int best(List<Integer> replicas) {
        int best = best(replicas, null);
        if (best < 0) {
            throw new ClusterFailure("There is no broker for one more replica beside " + replicas
                    + ": those that may have one are " + brokers.keySet());
        }
        return best;
    }

    /// Who has least of those that have none of these; in a rack of its own if there is one. -1 for nobody.
    ///
    /// @param leaving one of them that goes; null for none
    private int best(List<Integer> replicas, @Nullable Integer leaving) {
        List<String> racks = replicas.stream().filter(one -> !one.equals(leaving)).map(this::rack)
                .filter(Objects::nonNull).toList();
        return brokers.keySet().stream().filter(one -> !replicas.contains(one))
                .min(Comparator.comparing((Integer one) -> isIn(racks, rack(one))).thenComparingInt(this::kept)
                        .thenComparingInt(this::led)).orElse(-1);
    }

    private static boolean isIn(List<String> racks, @Nullable String rack) {
        return rack != null && racks.contains(rack);
    }

    private @Nullable String rack(Integer broker) {
        Node node = brokers.get(broker);
        return node == null ? null : node.rack();
    }
}
