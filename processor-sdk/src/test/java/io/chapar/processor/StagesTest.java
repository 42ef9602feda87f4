package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

class StagesTest {
    private static Stream<String, String> from(String topic) {
        return Topology.from(topic, Serdes.string(), Serdes.string());
    }

    private static Topology shop() {
        return from("orders").merge(from("returns"))
                .groupByKey(Serdes.string()).count("totals")
                .mapValues(String::valueOf)
                .groupBy(StreamRecord::value, Serdes.string(), Serdes.string()).count("by-total")
                .to("out", Serdes.string(), Serdes.int64())
                .and(from("lines").to(record -> "out", Serdes.string(), Serdes.string()));
    }

    @Test
    void topicsThatMeetInAStepAreOneStage() {
        Stages stages = Stages.of(shop(), new InternalNames("shop"));
        assertEquals(Set.of("orders", "returns", "lines", "shop-by-total-repartition"), stages.topics());
        assertEquals("orders", stages.lead("returns"));
        assertEquals(Map.of("orders", Set.of("totals"), "shop-by-total-repartition", Set.of("by-total")),
                stages.stepsByStage());
        assertEquals(Map.of("shop-by-total-repartition", Set.of("orders", "returns")), stages.repartitions());
        assertEquals(Set.of("orders", "returns", "lines"), shop().inputTopics());
    }

    @Test
    void stagesThatShareATopicAreOne() {
        Stream<String, String> b = from("b");
        Topology chained = from("a").merge(b).groupByKey(Serdes.string()).count("one")
                .to("x", Serdes.string(), Serdes.int64())
                .and(from("c").merge(b).groupByKey(Serdes.string()).count("two")
                        .to("y", Serdes.string(), Serdes.int64()));
        assertEquals(Map.of("a", Set.of("a", "b", "c")), Stages.of(chained, new InternalNames("x")).topicsByStage());
    }

    @Test
    void aTopologyIsDescribedStageByStage() {
        TopologyDescription description = shop().describe("shop");
        assertEquals("""
                stage 1: lines -> topics named by a function
                stage 2: orders, returns -> shop-by-total-repartition
                  store totals: shop-totals-changelog
                stage 3: shop-by-total-repartition -> out
                  store by-total: shop-by-total-changelog
                """, description.toString());
        assertEquals("""
                flowchart LR
                  s1[stage 1]
                  t1(["lines"])
                  t1 --> s1
                  t2(["topics named by a function"])
                  s1 --> t2
                  s2[stage 2]
                  t3(["orders"])
                  t3 --> s2
                  t4(["returns"])
                  t4 --> s2
                  c1[("totals")]
                  s2 --- c1
                  t5(["shop-by-total-repartition"])
                  s2 --> t5
                  s3[stage 3]
                  t5 --> s3
                  c2[("by-total")]
                  s3 --- c2
                  t6(["out"])
                  s3 --> t6
                """, description.mermaid());
    }

    @Test
    void twoStepsOfOneKeyedStreamHaveATopicEach() {
        KeyedStream<String, String> keyed = from("in").groupBy(StreamRecord::value, Serdes.string(), Serdes.string());
        Topology both = keyed.count("one").to("x", Serdes.string(), Serdes.int64())
                .and(keyed.count("two").to("y", Serdes.string(), Serdes.int64()));
        assertEquals(Set.of("app-one-repartition", "app-two-repartition"),
                Stages.of(both, new InternalNames("app")).repartitions().keySet());
    }

    @Test
    void twoTopicsOfTheApplicationCannotHaveOneName() {
        Topology twice = from("in").repartition("same", Serdes.string(), Serdes.string())
                .to("x", Serdes.string(), Serdes.string())
                .and(from("in").repartition("same", Serdes.string(), Serdes.string())
                        .to("y", Serdes.string(), Serdes.string()));
        assertThrows(UsageException.class, () -> TestDriver.of(twice, Delivery.EXACTLY_ONCE));
    }

    /// Their partitions belong together, and need to be as many.
    @Test
    void topicsThatAreJoinedAreOneStage() {
        Topology topology = from("a").groupByKey(Serdes.string()).join("j",
                Topology.table("t", "b", Serdes.string(), Serdes.string()), (left, right) -> left + right)
                .to("x", Serdes.string(), Serdes.string())
                .and(Topology.table("u", "c", Serdes.string(), Serdes.string()).outerJoin(
                        Topology.table("v", "d", Serdes.string(), Serdes.string()), (left, right) -> left + right)
                        .toStream().to("y", Serdes.string(), Serdes.string()));
        Stages stages = Stages.of(topology, new InternalNames("app"));
        assertEquals(Map.of("a", Set.of("a", "b"), "c", Set.of("c", "d")), stages.topicsByStage());
        assertEquals(Map.of("a", Set.of("t"), "c", Set.of("u", "v")), stages.stepsByStage());
    }

    /// Another member of the group uses another strategy: state would be written by two.
    @Test
    void aTornStageEndsTheApplication() {
        Cycle cycle = new Cycle(new CycleSettings(Delivery.EXACTLY_ONCE, 100, 1_000, 1_000_000, 60_000, false,
                Schedule.Choice.IN_ORDER),
                new States(Stages.of(shop(), new InternalNames("shop")), new StateBudget(1_000)));
        cycle.next(0);
        cycle.opened();
        cycle.assigned(new TreeSet<>(List.of(new TopicPartition("lines", 3), new TopicPartition("orders", 3),
                new TopicPartition("returns", 3))));
        assertInstanceOf(CycleStep.Restore.class, cycle.next(0));
        cycle.assigned(new TreeSet<>(List.of(new TopicPartition("returns", 4))));
        assertInstanceOf(CycleStep.Close.class, cycle.next(0));
        assertInstanceOf(UsageException.class, cycle.report().lastError());
    }

    /// One consumer reads all their changelogs, so that the last one does not wait for those before it.
    @Test
    void whatIsNotRestoredIsRestoredTogether() {
        Cycle cycle = new Cycle(new CycleSettings(Delivery.EXACTLY_ONCE, 100, 1_000, 1_000_000, 60_000, false,
                Schedule.Choice.IN_ORDER),
                new States(Stages.of(shop(), new InternalNames("shop")), new StateBudget(1_000)));
        cycle.next(0);
        cycle.opened();
        TreeSet<TopicPartition> partitions = new TreeSet<>();
        for (int partition = 0; partition < 4; partition++) {
            for (String topic : List.of("lines", "orders", "returns")) {
                partitions.add(new TopicPartition(topic, partition));
            }
        }
        cycle.assigned(partitions);
        CycleStep.Restore restore = assertInstanceOf(CycleStep.Restore.class, cycle.next(0));
        assertEquals(4, restore.states().size());
        restore.states().forEach(cycle::restored);
        assertInstanceOf(CycleStep.Poll.class, cycle.next(0));
    }
}
