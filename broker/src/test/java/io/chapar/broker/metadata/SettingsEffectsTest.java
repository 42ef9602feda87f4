package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Leaders commit by what `min.insync.replicas` is, so nobody may be eligible by what it was; and nobody waits for a
/// leader where any may be it.
class SettingsEffectsTest {
    private static final String MIN = "min.insync.replicas";
    private static final String UNCLEAN = "unclean.leader.election.enable";
    private static final List<String> TOPICS = List.of("a", "b");

    private static final TopicRules RULES = new TopicRules() {
        @Override
        public @Nullable String problem(SortedMap<String, String> config) {
            return null;
        }

        @Override
        public int minIsr(SortedMap<String, String> config, ClusterSettings cluster) {
            String ofAll = cluster.of(ConfigOwner.allBrokers()).getOrDefault(MIN, "1");
            return Integer.parseInt(config.getOrDefault(MIN, ofAll));
        }

        @Override
        public boolean isUnclean(SortedMap<String, String> config, ClusterSettings cluster) {
            String ofAll = cluster.of(ConfigOwner.allBrokers()).getOrDefault(UNCLEAN, "false");
            return Boolean.parseBoolean(config.getOrDefault(UNCLEAN, ofAll));
        }
    };

    private final Random random = new Random(1);
    private final ControllerCore core = new ControllerCore(random, RULES);
    private ClusterImage image = ClusterImage.EMPTY;
    private int lives;

    private <R> R decide(MetadataCommand<R> command) {
        ControllerCore.Decision<R> decision = core.decide(command, image);
        image = image.apply(decision.records());
        return decision.result();
    }

    private void register(int node, boolean isNothingLost) {
        decide(new RegisterBroker(new Registration(node, new UUID(node, ++lives), null, null, null), new TreeMap<>(),
                isNothingLost));
    }

    private long epoch(int node) {
        return requireNonNull(image.brokers().get(node)).epoch();
    }

    private void fence(int node) {
        decide(new FenceBroker(node, epoch(node)));
    }

    private void unfence(int node) {
        decide(new UnfenceBroker(node, epoch(node)));
    }

    /// @param min null for whatever brokers say
    private void configure(String topic, @Nullable String min) {
        set(topic, MIN, min);
    }

    private void configure(@Nullable String min) {
        set(null, MIN, min);
    }

    /// @param topic null for all brokers
    private void set(@Nullable String topic, String name, @Nullable String value) {
        TreeMap<String, @Nullable String> changes = new TreeMap<>();
        changes.put(name, value);
        if (topic == null) {
            decide(new Configure(ConfigOwner.allBrokers(), changes, false, false));
        } else {
            decide(new ConfigureTopic(topic, changes, false, false));
        }
    }

    private TopicImage topic(String name) {
        return requireNonNull(image.topic(name));
    }

    private void brokers(int replicas, String min) {
        for (int node = 1; node <= replicas; node++) {
            register(node, true);
            unfence(node);
        }
        configure(min);
        decide(new CreateTopics(TOPICS.stream()
                .map(name -> new NewTopic(name, 3, new Replicas.Factor(replicas), new TreeMap<>())).toList(), false));
    }

    private List<List<Integer>> eligible(String topic) {
        return topic(topic).all().stream().map(PartitionImage::elr).distinct().toList();
    }

    /// The leader that is left commits alone from then on: who comes back first must not lead as if it had that.
    @Test
    void theEntryThatAsksForFewerLeavesNobodyEligible() {
        brokers(2, "2");
        fence(2);
        assertEquals(List.of(List.of(2)), eligible("a"));

        long before = image.version();
        configure("a", "1");
        assertEquals(List.of(List.of()), eligible("a"));
        assertEquals(List.of(List.of(2)), eligible("b"), "it asks for two still");
        assertEquals(before + 2, image.version(), "a topic's setting and its partitions");

        fence(1);
        register(2, true);
        unfence(2);
        assertEquals(PartitionImage.NO_LEADER, topic("a").partition(0).leader());
        assertEquals(2, topic("b").partition(0).leader());
    }

    @Test
    void soDoesWhateverTheTopicsMinimumComesFrom() {
        brokers(2, "2");
        configure("a", "2");
        fence(2);
        configure("1");
        assertEquals(List.of(List.of(2)), eligible("a"), "it has its own");
        assertEquals(List.of(List.of()), eligible("b"));
        configure("a", null);
        assertEquals(List.of(List.of()), eligible("a"));
    }

    @Test
    void aSettingThatIsTakenAwayLeavesThatOfTheStart() {
        brokers(2, "2");
        fence(2);
        configure((String) null);
        assertEquals(List.of(List.of()), eligible("a"));
    }

    @Test
    void whatIsOnlyTriedChangesNothing() {
        brokers(2, "2");
        fence(2);
        TreeMap<String, @Nullable String> one = new TreeMap<>(Map.of(MIN, "1"));
        assertTrue(core.decide(new ConfigureTopic("a", one, false, true), image).records().isEmpty());
        assertTrue(core.decide(new Configure(ConfigOwner.allBrokers(), one, false, true), image).records().isEmpty());
        configure("a", "2");
        assertEquals(List.of(List.of(2)), eligible("a"), "the same, said by the topic");
    }

    private List<Integer> leaders(String topic) {
        return topic(topic).all().stream().map(PartitionImage::leader).distinct().toList();
    }

    @Test
    void whoeverIsThereLeadsWhatNobodyLedAsSoonAsThatIsAllowed() {
        brokers(2, "1");
        fence(1);
        fence(2);
        register(1, false);
        unfence(1);
        List<Integer> nobody = List.of(PartitionImage.NO_LEADER);
        assertEquals(nobody, leaders("a"), "2 had it all");

        set("a", UNCLEAN, "true");
        assertEquals(List.of(1), leaders("a"));
        assertTrue(topic("a").all().stream().allMatch(PartitionImage::recovering));
        assertEquals(nobody, leaders("b"));

        set(null, UNCLEAN, "true");
        assertEquals(List.of(1), leaders("b"));
    }

    @Test
    void whateverHappensNobodyIsEligibleWhereEnoughAreInSync() {
        for (int seed = 0; seed < 300; seed++) {
            SettingsEffectsTest world = new SettingsEffectsTest();
            world.random.setSeed(seed);
            world.run("seed " + seed);
        }
    }

    private void run(String which) {
        brokers(3, Integer.toString(1 + random.nextInt(3)));
        for (int step = 0; step < 60; step++) {
            int node = 1 + random.nextInt(3);
            String topic = TOPICS.get(random.nextInt(TOPICS.size()));
            String min = random.nextInt(4) == 0 ? null : Integer.toString(1 + random.nextInt(3));
            switch (random.nextInt(7)) {
                case 0 -> configure(topic, min);
                case 1 -> configure(min);
                case 2 -> fence(node);
                case 3 -> register(node, random.nextBoolean());
                case 4 -> decide(new ElectLeaders(random.nextBoolean() ? ElectionKind.PREFERRED : ElectionKind.UNCLEAN,
                        List.of(new TopicPartition(topic, random.nextInt(3)))));
                case 5 -> changeIsr(topic, random.nextInt(3));
                default -> unfence(node);
            }
            check(which + ", step " + step);
        }
    }

    private void changeIsr(String name, int index) {
        PartitionImage was = topic(name).partition(index);
        if (was.leader() == PartitionImage.NO_LEADER) {
            return;
        }
        List<InSync> isr = new ArrayList<>();
        for (int node : was.replicas()) {
            if (node == was.leader() || (image.isActive(node) && random.nextBoolean())) {
                isr.add(new InSync(node, epoch(node)));
            }
        }
        decide(new ChangeIsr(was.leader(), epoch(was.leader()), List.of(new IsrWish(
                topic(name).id(), index, was.leaderEpoch(), was.partitionEpoch(), isr, false))));
    }

    private void check(String when) {
        for (TopicImage topic : image.topics().values()) {
            int min = RULES.minIsr(topic.config(), image.settings());
            for (PartitionImage is : topic.all()) {
                assertTrue(is.elr().isEmpty() || is.isr().size() < is.enough(min), when + ": " + is + " of " + min);
            }
        }
    }
}
