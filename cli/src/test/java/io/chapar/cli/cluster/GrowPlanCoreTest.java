package io.chapar.cli.cluster;

import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class GrowPlanCoreTest {
    @SafeVarargs
    private static TopicView topic(String name, List<Integer>... replicas) {
        List<PartitionView> partitions = new ArrayList<>();
        for (int i = 0; i < replicas.length; i++) {
            partitions.add(new PartitionView(i, replicas[i].getFirst(), 3, replicas[i], replicas[i], List.of()));
        }
        return new TopicView(name, TopicView.NO_ID, false, partitions);
    }

    private static List<Node> brokers(String... racks) {
        List<Node> brokers = new ArrayList<>();
        for (int i = 0; i < racks.length; i++) {
            brokers.add(new Node(i + 1, "h", 9, racks[i].isEmpty() ? null : racks[i]));
        }
        return brokers;
    }

    @Test
    void whatIsThereStaysAndTheRestGoesToWhoeverKeepsTheLeast() {
        SequencedMap<TopicPartition, List<Integer>> plan = GrowPlanCore.plan(
                List.of(topic("a", List.of(1), List.of(1), List.of(1), List.of(1))), brokers("", "", ""), 2);
        assertEquals(List.of(1, 2), plan.get(new TopicPartition("a", 0)));
        assertEquals(List.of(1, 3), plan.get(new TopicPartition("a", 1)));
        Map<Integer, Integer> loads = new TreeMap<>();
        plan.values().forEach(replicas -> replicas.forEach(broker -> loads.merge(broker, 1, Integer::sum)));
        assertEquals(Map.of(1, 4, 2, 2, 3, 2), loads);
    }

    @Test
    void whatHasEnoughIsLeftAlone() {
        TopicView topic = topic("a", List.of(3, 1, 2), List.of(2, 1), List.of(2, 9));
        assertEquals(Map.of(new TopicPartition("a", 1), List.of(2, 1, 3), new TopicPartition("a", 2), List.of(2, 9, 1)),
                GrowPlanCore.plan(List.of(topic), brokers("", "", ""), 3));
        assertTrue(GrowPlanCore.plan(List.of(topic), brokers("", "", ""), 2).isEmpty());
    }

    @Test
    void racksThatHaveNoneComeFirst() {
        TopicView topic = topic("a", List.of(1), List.of(3));
        SequencedMap<TopicPartition, List<Integer>> plan =
                GrowPlanCore.plan(List.of(topic), brokers("x", "x", "y", "y"), 3);
        assertEquals(List.of(1, 4, 2), plan.get(new TopicPartition("a", 0)), "another rack, then whoever is left");
        assertEquals(List.of(3, 1, 2), plan.get(new TopicPartition("a", 1)).subList(0, 3));
    }
}
