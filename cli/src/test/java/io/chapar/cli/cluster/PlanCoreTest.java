package io.chapar.cli.cluster;

import io.chapar.client.admin.OngoingReassignment;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PlanCoreTest {
    private static Node broker(int id, @Nullable String rack) {
        return new Node(id, "host" + id, 9092, rack);
    }

    private static List<Node> brokers(int... ids) {
        return IntStream.of(ids).mapToObj(id -> broker(id, null)).toList();
    }

    private static PartitionView partition(int number, List<Integer> replicas, List<Integer> inSync) {
        return new PartitionView(number, replicas.getFirst(), 0, replicas, inSync, List.of());
    }

    @SafeVarargs
    private static TopicView topic(String name, List<Integer>... replicas) {
        List<PartitionView> partitions = new ArrayList<>();
        for (List<Integer> one : replicas) {
            partitions.add(partition(partitions.size(), one, one));
        }
        return new TopicView(name, TopicView.NO_ID, false, partitions);
    }

    private static TopicPartition id(int partition) {
        return new TopicPartition("t", partition);
    }

    /// What there is after the plan, by broker.
    private static Map<Integer, Integer> kept(TopicView topic, SortedMap<TopicPartition, List<Integer>> plan) {
        Map<Integer, Integer> kept = new TreeMap<>();
        topic.partitions().forEach(one -> plan.getOrDefault(id(one.partition()), one.replicas())
                .forEach(replica -> kept.merge(replica, 1, Integer::sum)));
        return kept;
    }

    @Test
    void allOfABrokerGoesToWhoHasLeast() {
        TopicView topic = topic("t", List.of(1, 2), List.of(3, 1), List.of(2, 3), List.of(2, 3));
        SortedMap<TopicPartition, List<Integer>> plan = PlanCore.away(List.of(topic), brokers(1, 2, 3, 4), 3);
        assertEquals(Map.of(id(1), List.of(4, 1), id(2), List.of(2, 4), id(3), List.of(2, 1)), plan,
                "the others stay, in their places");
        ClusterFailure tooFew = assertThrows(ClusterFailure.class,
                () -> PlanCore.away(List.of(topic("t", List.of(1, 2, 3))), brokers(1, 2, 3), 3));
        assertTrue(tooFew.getMessage().contains("[1, 2]"), tooFew.getMessage());
    }

    @Test
    void aReplicaGoesToARackOfItsOwn() {
        List<Node> active = List.of(broker(1, "a"), broker(2, "b"), broker(3, "c"), broker(4, "a"), broker(5, "c"));
        assertEquals(Map.of(id(0), List.of(1, 2, 5)), PlanCore.away(
                List.of(topic("t", List.of(1, 2, 3)), topic("u", List.of(5), List.of(5))), active, 3));
    }

    @Test
    void whoLedAnythingComesLastAndWhoLeadsLeastComesFirst() {
        TopicView topic = topic("t", List.of(1, 2, 3), List.of(1, 2, 3), List.of(2, 1, 3), List.of(1));
        assertEquals(Map.of(id(0), List.of(3, 2, 1), id(1), List.of(2, 3, 1)),
                PlanCore.ledByOthers(List.of(topic), brokers(1, 2, 3), 1), "what has one replica stays");
        TopicView behind = new TopicView("t", TopicView.NO_ID, false,
                List.of(partition(0, List.of(1, 2, 3), List.of(1, 3)), partition(1, List.of(1, 2), List.of(1))));
        assertEquals(Map.of(id(0), List.of(3, 2, 1)),
                PlanCore.ledByOthers(List.of(behind), brokers(1, 2, 3), 1), "those in sync alone can lead");
    }

    @Test
    void replicasAreSpreadEvenlyAndNoMoreThanItTakes() {
        TopicView topic = topic("t", List.of(1, 2), List.of(2, 1), List.of(1, 2), List.of(2, 1));
        SortedMap<TopicPartition, List<Integer>> plan =
                PlanCore.over(List.of(topic), List.of(topic), brokers(1, 2, 3, 4), null);
        assertEquals(Map.of(1, 2, 2, 2, 3, 2, 4, 2), kept(topic, plan));
        assertEquals(Map.of(), PlanCore.over(List.of(topic), List.of(topic), brokers(1, 2), null));
        TopicView grown = topic("t", List.of(1), List.of(1), List.of(1));
        SortedMap<TopicPartition, List<Integer>> more =
                PlanCore.over(List.of(grown), List.of(grown), brokers(1, 2, 3), 3);
        assertEquals(Map.of(1, 3, 2, 3, 3, 3), kept(grown, more));
        assertEquals(3, more.values().stream().map(List::getFirst).distinct().count(), "each leads one");
        List<TopicView> shrunk = List.of(topic("t", List.of(1, 2)));
        assertEquals(Map.of(id(0), List.of(1)), PlanCore.over(shrunk, shrunk, brokers(1, 2), 1));
    }

    @Test
    void manyPartitionsAreSpreadSoThatNoneHasABrokerTwice() {
        List<List<Integer>> replicas = IntStream.range(0, 500)
                .mapToObj(i -> List.of(1 + i % 3, 1 + (i + 1) % 3, 1 + (i + 2) % 3)).toList();
        List<PartitionView> partitions = new ArrayList<>();
        replicas.forEach(one -> partitions.add(partition(partitions.size(), one, one)));
        TopicView topic = new TopicView("t", TopicView.NO_ID, false, partitions);
        SortedMap<TopicPartition, List<Integer>> plan =
                PlanCore.over(List.of(topic), List.of(topic), brokers(2, 3, 4, 5, 6), null);
        Map<Integer, Integer> kept = kept(topic, plan);
        assertEquals(Map.of(2, 300, 3, 300, 4, 300, 5, 300, 6, 300), kept);
        plan.forEach((id, to) -> assertEquals(3, new HashSet<>(to).size(), id.toString()));
        assertFalse(plan.isEmpty());
    }

    /// A plan made while replicas move begins from where they will be: it neither moves them again nor keeps them all.
    @Test
    void whatMovesIsWhereItWillBe() {
        List<TopicView> now = List.of(topic("t", List.of(4, 2, 3, 1), List.of(1, 2, 3), List.of(2, 3, 4)));
        List<TopicView> end = PlanCore.inTheEnd(now, List.of(
                new OngoingReassignment(id(0), List.of(4, 2, 3, 1), List.of(4), List.of(1)),
                new OngoingReassignment(id(1), List.of(1, 2, 3), List.of(4), List.of(1))));
        assertEquals(List.of(List.of(4, 2, 3), List.of(2, 3, 4), List.of(2, 3, 4)),
                end.getFirst().partitions().stream().map(PartitionView::replicas).toList());
        assertEquals(Map.of(), PlanCore.away(end, brokers(1, 2, 3, 4), 1), "it leaves already");
    }

    /// Whoever leads it still and leaves it already does not get a replica back.
    @Test
    void whoLeavesComesNotLastButNowhere() {
        List<TopicView> end = PlanCore.inTheEnd(List.of(topic("t", List.of(1, 2, 3))), List.of(
                new OngoingReassignment(id(0), List.of(1, 2, 3), List.of(4), List.of(1))));
        assertEquals(Map.of(id(0), List.of(3, 2, 4)), PlanCore.ledByOthers(end, brokers(1, 2, 3, 4), 1));
    }

    /// [io.chapar.cli.ClusterGrow] waits for these: what waits to be begun is no replica yet.
    @Test
    void whatWaitsToBeBegunIsThereInTheEnd() {
        assertEquals(List.of(1, 2, 3), PlanCore.inTheEnd(
                new OngoingReassignment(id(0), List.of(1, 2), List.of(3), List.of())));
    }
}
