package io.chapar.broker.metadata;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What one command may ask of the metadata's loop, which has others to serve.
class ControllerCoreTest {
    private static final int MOST = ControllerCore.MAX_PARTITIONS_PER_COMMAND;

    private final ControllerCore core = new ControllerCore(new Random(1), TopicConfig::problem);
    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(
            new MetadataRecord.BrokerBegan(Registration.alone(1, Registration.UNKNOWN))));

    private List<TopicOutcome> create(List<NewTopic> topics) {
        return create(core, topics);
    }

    private List<TopicOutcome> create(ControllerCore by, List<NewTopic> topics) {
        ControllerCore.Decision<List<TopicOutcome>> decision = by.decide(new CreateTopics(topics, false), image);
        image = image.apply(decision.records());
        return decision.result();
    }

    private static NewTopic topic(String name, int partitions) {
        return new NewTopic(name, partitions, new TreeMap<>());
    }

    @Test
    void oneCommandMakesABoundedNumberOfPartitions() {
        List<TopicOutcome> refused = create(List.of(topic("a", MOST - 1), topic("b", 1), topic("c", 1)));
        assertEquals(3, refused.size());
        refused.forEach(one -> assertEquals(ErrorCode.POLICY_VIOLATION, one.error()));
        assertTrue(image.topics().isEmpty());
        create(List.of(topic("a", MOST - 1), topic("b", 1)))
                .forEach(one -> assertEquals(ErrorCode.NONE, one.error()));
    }

    /// Each is open at its broker, and is opened again by every start.
    @Test
    void aBrokerKeepsABoundedNumberOfPartitions() {
        ControllerCore bounded = bounded(25);
        List<TopicOutcome> outcomes = create(bounded, List.of(topic("a", 20), topic("b", 6), topic("c", 5)));
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.POLICY_VIOLATION, ErrorCode.NONE),
                outcomes.stream().map(TopicOutcome::error).toList());
        assertTrue(outcomes.get(1).message().contains("max.broker.partitions"), outcomes.get(1).message());
        assertEquals(ErrorCode.POLICY_VIOLATION, create(bounded, List.of(topic("d", 1))).getFirst().error());
        assertEquals(ErrorCode.NONE, create(bounded, List.of(topic("__consumer_offsets", 50))).getFirst().error());
        assertEquals(ErrorCode.POLICY_VIOLATION, bounded.decide(
                new MetadataCommand.AddPartitions("c", 6, null, false), image).result().error());
    }

    @Test
    void theCoordinatorsOwnTopicsAreNotAmongThem() {
        ControllerCore bounded = bounded(25);
        List<TopicOutcome> outcomes = create(bounded, List.of(topic("__consumer_offsets", 50), topic("a", 24)));
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.NONE), outcomes.stream().map(TopicOutcome::error).toList());
        assertEquals(ErrorCode.NONE, create(bounded, List.of(topic("b", 1))).getFirst().error());
        assertEquals(ErrorCode.POLICY_VIOLATION, create(bounded, List.of(topic("c", 1))).getFirst().error());
    }

    /// As after an upgrade, or with a lower bound than before.
    @Test
    void aBrokerThatKeepsTooManyAlreadyGetsNoMoreAndCanBeRidOfThem() {
        create(List.of(topic("old", 10)));
        List<MetadataRecord> more = new ArrayList<>();
        for (int node = 2; node <= 3; node++) {
            more.add(new MetadataRecord.BrokerRegistered(Registration.alone(node, Registration.UNKNOWN)));
            more.add(new MetadataRecord.BrokerStands(node, BrokerImage.Standing.ACTIVE));
        }
        image = image.apply(more);
        ControllerCore bounded = bounded(9);
        TopicOutcome onAll = create(bounded, List.of(
                new NewTopic("a", 1, new MetadataCommand.Replicas.Factor(3), new TreeMap<>()))).getFirst();
        assertEquals(ErrorCode.POLICY_VIOLATION, onAll.error());
        assertTrue(onAll.message().contains("broker 1 would keep 11"), onAll.message());
        assertEquals(ErrorCode.NONE, create(bounded, List.of(
                new NewTopic("b", 9, new MetadataCommand.Replicas.Factor(2), new TreeMap<>()))).getFirst().error());
        assertEquals(ErrorCode.NONE, bounded.decide(new MetadataCommand.DeleteTopics(
                List.of(new MetadataCommand.TopicRef("old", null))), image).result().getFirst().error());
    }

    private static ControllerCore bounded(long most) {
        return new ControllerCore(new Random(1), new TopicRules() {
            @Override
            public String problem(SortedMap<String, String> config) {
                return null;
            }

            @Override
            public long mostReplicas(ClusterSettings cluster) {
                return most;
            }
        });
    }

    @Test
    void settingsAreOfABoundedLengthTogether() {
        SortedMap<String, String> config = new TreeMap<>(Map.of(
                "leader.replication.throttled.replicas", "0:1,".repeat(4_900) + "0:1",
                "follower.replication.throttled.replicas", "0:1,".repeat(4_900) + "0:1"));
        int refused = 0;
        for (int round = 0; round < 5; round++) {
            List<NewTopic> topics = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                topics.add(new NewTopic("t" + (round * 100 + i), 1, config));
            }
            for (TopicOutcome one : create(topics)) {
                refused += one.error() == ErrorCode.POLICY_VIOLATION ? 1 : 0;
            }
        }
        assertEquals(500 - SettingsRoom.MOST_CHARS / (2 * 19_603 + 76), refused);
        assertEquals(ErrorCode.NONE, create(List.of(topic("without", 1))).getFirst().error());
        assertEquals(ErrorCode.POLICY_VIOLATION, core.decide(
                new MetadataCommand.ConfigureTopic("without", config, false, false), image).result().error());
    }

    private ErrorCode configure(String topic, String name, String value, boolean replace) {
        SortedMap<String, String> change = new TreeMap<>();
        change.put(name, value);
        return core.decide(new MetadataCommand.ConfigureTopic(topic, change, replace, false), image).result().error();
    }

    /// `__share_group_state` is not compacted: what is too old there is what share groups have acknowledged.
    @Test
    void whatTheCoordinatorsKnowIsNeverTooOld() {
        create(List.of(new NewTopic("__share_group_state", 1, TopicConfig.forShareState(1)),
                new NewTopic("__consumer_offsets", 1, TopicConfig.forInternalTopic(1))));
        for (String name : List.of("cleanup.policy", "retention.ms", "retention.bytes")) {
            assertEquals(ErrorCode.INVALID_CONFIG, configure("__share_group_state", name, null, false), name);
        }
        assertEquals(ErrorCode.INVALID_CONFIG, configure("__share_group_state", "retention.ms", "60000", false));
        assertEquals(ErrorCode.INVALID_CONFIG, configure("__share_group_state", "retention.bytes", "0", false));
        assertEquals(ErrorCode.INVALID_CONFIG, configure("__share_group_state", "segment.bytes", "2048", true));
        assertEquals(ErrorCode.NONE, configure("__share_group_state", "retention.ms", "-1", false));
        assertEquals(ErrorCode.NONE, configure("__share_group_state", "segment.bytes", "2048", false));
        assertEquals(ErrorCode.INVALID_CONFIG, configure("__consumer_offsets", "cleanup.policy", "delete", false));
        assertEquals(ErrorCode.NONE, configure("__consumer_offsets", "retention.ms", "60000", false));
    }

    /// Set while that was let through.
    @Test
    void whatWouldGetTooOldMayBeKeptAgain() {
        SortedMap<String, String> config = TopicConfig.forShareState(1);
        config.put("retention.ms", "60000");
        create(List.of(new NewTopic("__share_group_state", 1, config)));
        assertEquals(ErrorCode.INVALID_CONFIG, configure("__share_group_state", "retention.ms", "70000", false));
        assertEquals(ErrorCode.NONE, configure("__share_group_state", "retention.ms", "-1", false));
    }

    @Test
    void aNumberThatMakesNoSenseIsRefusedByItself() {
        List<TopicOutcome> outcomes = create(List.of(topic("a", -7), topic("b", MOST)));
        assertEquals(ErrorCode.INVALID_PARTITIONS, outcomes.getFirst().error());
        assertEquals(ErrorCode.NONE, outcomes.getLast().error());
    }

    @Test
    void manyNamesAreComparedInTimeProportionalToTheirNumber() {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int round = 0; round < 8; round++) {
                List<NewTopic> topics = new ArrayList<>();
                for (int i = 0; i < MOST; i++) {
                    topics.add(topic("t_" + (100_000 + round * MOST + i), 1));
                }
                create(topics);
            }
        });
        assertEquals(8 * MOST, image.topics().size());
        TopicOutcome collides = create(List.of(topic("t.100000", 1))).getFirst();
        assertEquals(ErrorCode.INVALID_TOPIC_EXCEPTION, collides.error());
        assertTrue(collides.message().contains("t_100000"), collides.message());
    }

    @Test
    void namesOfOneCommandCollideAsWell() {
        List<TopicOutcome> outcomes = create(List.of(topic("a.b", 1), topic("a_b", 1), topic("a.b", 1)));
        assertEquals(
                List.of(ErrorCode.NONE, ErrorCode.INVALID_TOPIC_EXCEPTION, ErrorCode.TOPIC_ALREADY_EXISTS),
                outcomes.stream().map(TopicOutcome::error).toList());
    }
}
