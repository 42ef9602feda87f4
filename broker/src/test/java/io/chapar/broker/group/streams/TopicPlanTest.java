package io.chapar.broker.group.streams;

import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// How many partitions the topics of an application have.
class TopicPlanTest {
    private static final long MANY = 1_000;

    private record Topics(Map<String, Integer> partitions) implements TopicDirectory {
        @Override
        public @Nullable Topic topic(String name) {
            Integer count = partitions.get(name);
            return count == null ? null : new Topic(new UUID(0, name.hashCode()), count);
        }

        @Override
        public @Nullable String name(UUID id) {
            return null;
        }

        @Override
        public Iterable<String> names() {
            return partitions.keySet();
        }

        @Override
        public long version() {
            return 1;
        }
    }

    private static SortedSet<String> names(String... names) {
        return new TreeSet<>(List.of(names));
    }

    private static InternalTopic topic(String name, int partitions) {
        return new InternalTopic(name, partitions, 0, new TreeMap<>());
    }

    private static Subtopology part(String id, String source, List<InternalTopic> repartitions, String... sinks) {
        return new Subtopology(id, source.isEmpty() ? names() : names(source), names(sinks), repartitions,
                List.of(topic(id + "-changelog", 0)), List.of());
    }

    private static ConfiguredTopology plan(Map<String, Integer> topics, Subtopology... parts) throws TopologyFault {
        return TopicPlan.of(new StreamsTopology(0, List.of(parts)), new Topics(topics),
                new TopicPlan.Most(MANY, MANY / 2));
    }

    private static Map<String, Integer> counts(ConfiguredTopology configured) {
        Map<String, Integer> counts = new TreeMap<>();
        configured.internal().forEach((name, topic) -> counts.put(name, topic.partitions()));
        return counts;
    }

    @Test
    void repartitionTopicsFollowThoseThatWriteToThem() throws Exception {
        ConfiguredTopology configured = plan(Map.of("small", 2, "large", 5),
                part("a", "small", List.of(), "r1"),
                part("b", "large", List.of(), "r1"),
                part("c", "", List.of(topic("r1", 0)), "r2"),
                part("d", "", List.of(topic("r2", 0), topic("fixed", 3))),
                part("e", "small", List.of(), "fixed"));
        assertEquals(Map.of("r1", 5, "r2", 5, "fixed", 3, "a-changelog", 2, "b-changelog", 5, "c-changelog", 5,
                "d-changelog", 5, "e-changelog", 2), counts(configured));
        assertEquals(Map.of("a", 2, "b", 5, "c", 5, "d", 5, "e", 2), configured.tasks());
        assertEquals(StatusCode.MISSING_INTERNAL_TOPICS, configured.problem().status());
        assertEquals(8, configured.missing().size());
    }

    @Test
    void topicsThatBelongTogetherHaveAsManyPartitions() throws Exception {
        Subtopology joined = new Subtopology("b", names("table"), names(), List.of(topic("r", 0)), List.of(),
                List.of(names("table", "r")));
        assertEquals(Map.of("r", 6, "a-changelog", 2),
                counts(plan(Map.of("in", 2, "table", 6), part("a", "in", List.of(), "r"), joined)));
        Subtopology sources = new Subtopology("a", names("in", "table"), names(), List.of(), List.of(),
                List.of(names("in", "table")));
        ConfiguredTopology differs = plan(Map.of("in", 2, "table", 6), sources);
        assertEquals(StatusCode.INCORRECTLY_PARTITIONED_TOPICS, differs.problem().status());
        assertEquals("Following topics do not have the same number of partitions: [{in=2, table=6}]",
                differs.problem().detail());
    }

    @Test
    void whatIsThereHasToFit() throws Exception {
        Subtopology only = part("a", "in", List.of());
        assertNull(plan(Map.of("in", 2, "a-changelog", 2), only).problem());
        assertEquals("Existing topic a-changelog has different number of partitions: expected 2, found 3",
                plan(Map.of("in", 2, "a-changelog", 3), only).problem().detail());
        assertEquals(StatusCode.MISSING_SOURCE_TOPICS, plan(Map.of("a-changelog", 3), only).problem().status());
        ConfiguredTopology tooMany = plan(Map.of("in", 1_001, "a-changelog", 1_001), only);
        assertEquals("The application has 1001 tasks, and may have 1000 (group.max.bytes).",
                tooMany.problem().detail());
        assertEquals(Map.of(), tooMany.tasks());
    }

    /// It would wait for the number of its own partitions, whoever makes a topic of that name.
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aTopicThatIsTheApplicationsOwnIsNoSource() {
        Subtopology loop = part("a", "r", List.of(topic("r", 0)), "r");
        assertThrows(TopologyFault.class, () -> plan(Map.of("r", 3), loop));
        assertThrows(TopologyFault.class, () -> plan(Map.of(), loop));
        assertThrows(TopologyFault.class, () -> plan(Map.of("in", 2, "r", 3), part("a", "in", List.of(), "r"),
                part("b", "", List.of(topic("r", 0))), part("c", "r", List.of())));
    }

    /// Each link is looked at once, in whatever order they come.
    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aLongChainIsFollowedInOnePass() throws Exception {
        int links = 6_000;
        List<Subtopology> chain = new ArrayList<>();
        for (int i = 0; i < links; i++) {
            boolean isFirst = i == links - 1;
            chain.add(new Subtopology(String.format("%05d", i), isFirst ? names("in") : names(),
                    i == 0 ? names() : names("r" + (i - 1)),
                    isFirst ? List.of() : List.of(topic("r" + i, 0)), List.of(), List.of()));
        }
        ConfiguredTopology configured = TopicPlan.of(
                new StreamsTopology(0, chain), new Topics(Map.of("in", 2)), new TopicPlan.Most(100_000, 100_000));
        assertEquals(links - 1, configured.internal().size());
        assertEquals(2, configured.internal().get("r0").partitions());
    }

    @Test
    void anApplicationMayHaveSoManyPartitionsOfItsOwn() throws Exception {
        List<InternalTopic> stores = List.of(topic("x", 0), topic("y", 0));
        Subtopology only = new Subtopology("a", names("in"), names(), List.of(), stores, List.of());
        assertEquals(StatusCode.MISSING_INTERNAL_TOPICS, plan(Map.of("in", 250), only).problem().status());
        ConfiguredTopology tooMany = plan(Map.of("in", 251), only);
        assertEquals("The application's own topics have 502 partitions, and may have 500"
                + " (group.streams.max.internal.partitions).", tooMany.problem().detail());
        assertEquals(StatusCode.INCORRECTLY_PARTITIONED_TOPICS, tooMany.problem().status());
        assertEquals(List.of(), tooMany.missing());
    }

    /// What is told to people does not grow with what the application says.
    @Test
    void fewOfManyTopicsAreNamed() throws Exception {
        Map<String, Integer> topics = new TreeMap<>();
        for (int i = 10; i < 90; i++) {
            topics.put("t" + i, 1 + i % 2);
        }
        SortedSet<String> all = new TreeSet<>(topics.keySet());
        String detail = plan(topics, new Subtopology("a", all, names(), List.of(), List.of(), List.of(all)))
                .problem().detail();
        assertTrue(detail.contains("t10=1") && detail.endsWith("and 70 more}]"), detail);
    }

    @Test
    void whatCanNeverRunIsRefused() {
        assertThrows(TopologyFault.class, () -> plan(Map.of("in", 1), part("a", "in", List.of(topic("r", 0)))));
        assertThrows(TopologyFault.class, () -> plan(Map.of(), part("a", "", List.of(topic("r1", 0)), "r2"),
                part("b", "", List.of(topic("r2", 0)), "r1")));
    }
}
