package io.chapar.broker.metadata;

import io.chapar.broker.config.DynamicSettings;
import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrOutcome;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Brokers come and go by commands; what is decided is carried through the codec, as it is on its way to a disk.
class BrokerLivesTest {
    private static final String TOPIC = "t";

    private final ControllerCore core = new ControllerCore(new Random(1), new TopicRules() {
        @Override
        public @Nullable String problem(SortedMap<String, String> config) {
            return null;
        }

        @Override
        public int minIsr(SortedMap<String, String> config, ClusterSettings cluster) {
            return Integer.parseInt(config.getOrDefault("min.insync.replicas", "1"));
        }
    });
    private ClusterImage image = ClusterImage.EMPTY;
    private List<MetadataRecord> last = List.of();

    private <R> R decide(MetadataCommand<R> command) {
        ControllerCore.Decision<R> decision = core.decide(command, image);
        try {
            last = MetadataCodec.decode(ByteBuffer.wrap(MetadataCodec.encode(decision.records())));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertEquals(decision.records(), last);
        image = image.apply(last);
        assertEquals(image.apply(List.of()), ClusterImage.EMPTY.apply(image.snapshot()));
        return decision.result();
    }

    private long register(int node, int life, boolean isNothingLost) {
        decide(new RegisterBroker(
                new Registration(node, new UUID(node, life), new HostPort("host" + node, 9092),
                        new HostPort("host" + node, 9094), null),
                new TreeMap<>(), isNothingLost));
        return epoch(node);
    }

    private void begin(int node, int life, boolean isNothingLost, int... before) {
        decide(new RegisterBroker(new Registration(node, new UUID(node, life), null, null, null), new TreeMap<>(),
                isNothingLost, IntStream.of(before).mapToObj(one -> new UUID(node, one)).toList()));
    }

    private long epoch(int node) {
        return requireNonNull(image.brokers().get(node)).epoch();
    }

    private void unfence(int node) {
        assertEquals(ErrorCode.NONE, decide(new UnfenceBroker(node, epoch(node))));
    }

    private PartitionImage partition(int index) {
        return requireNonNull(image.topic(TOPIC)).partition(index);
    }

    private void threeBrokers(int factor, int partitions, int minIsr) {
        for (int node = 1; node <= 3; node++) {
            register(node, 1, true);
            unfence(node);
        }
        decide(new CreateTopics(List.of(new NewTopic(TOPIC, partitions, new Replicas.Factor(factor),
                new TreeMap<>(Map.of("min.insync.replicas", Integer.toString(minIsr))))), false));
    }

    @Test
    void whoHasNoOthersBeginsAtOnce() {
        decide(new RegisterBroker(Registration.alone(1, new UUID(1, 1)), new TreeMap<>(), true));
        assertEquals(Standing.ACTIVE, image.brokers().get(1).standing());
    }

    @Test
    void aBrokerOfAClusterBeginsFencedAndTheFirstAsWell() {
        register(1, 1, true);
        assertEquals(Standing.FENCED, image.brokers().get(1).standing());
        register(2, 1, true);
        assertEquals(Standing.FENCED, image.brokers().get(2).standing());
        assertEquals(ErrorCode.STALE_BROKER_EPOCH, decide(new UnfenceBroker(2, epoch(1))));
        unfence(2);
        assertEquals(Standing.ACTIVE, image.brokers().get(2).standing());
        assertEquals(ErrorCode.BROKER_ID_NOT_REGISTERED, decide(new FenceBroker(9, 1)));
    }

    @Test
    void aRegistrationThatIsSentTwiceBeginsOneLife() {
        register(1, 1, true);
        long epoch = register(2, 1, true);
        unfence(2);
        assertEquals(epoch, register(2, 1, true));
        assertTrue(last.isEmpty());
        assertEquals(Standing.ACTIVE, image.brokers().get(2).standing());
        assertTrue(register(2, 2, true) > epoch);
        assertEquals(Standing.FENCED, image.brokers().get(2).standing());
    }

    @Test
    void whoIsFencedLeadsNothingAndIsLedByOthersInOneEntry() {
        threeBrokers(3, 9, 2);
        long before = image.version();
        assertEquals(ErrorCode.NONE, decide(new FenceBroker(2, epoch(2))));
        assertEquals(before + 2, image.version());
        for (int i = 0; i < 9; i++) {
            assertTrue(partition(i).leader() != 2, partition(i).toString());
            assertEquals(List.of(1, 3), partition(i).isr().stream().sorted().toList());
            assertEquals(List.of(), partition(i).elr());
        }
        assertEquals(ErrorCode.NONE, decide(new FenceBroker(2, epoch(2))));
        assertTrue(last.isEmpty(), "fenced already");
    }

    @Test
    void aPartitionWithOneReplicaIsLedByNobodyUntilItsBrokerIsBack() {
        threeBrokers(1, 3, 1);
        int index = IntStream.range(0, 3).filter(i -> partition(i).leader() == 3).findFirst().orElseThrow();
        int epoch = partition(index).leaderEpoch();
        decide(new FenceBroker(3, epoch(3)));
        assertEquals(PartitionImage.NO_LEADER, partition(index).leader());
        assertEquals(List.of(3), partition(index).elr());
        register(3, 2, true);
        unfence(3);
        assertEquals(3, partition(index).leader());
        assertEquals(List.of(3), partition(index).isr());
        assertEquals(epoch + 2, partition(index).leaderEpoch());
    }

    /// It was never fenced, and yet leads in a new epoch: what it had in memory is gone.
    @Test
    void aBrokerThatComesBackBeforeItWasFencedBeginsNewLeaderships() {
        threeBrokers(1, 3, 1);
        int index = IntStream.range(0, 3).filter(i -> partition(i).leader() == 1).findFirst().orElseThrow();
        int epoch = partition(index).leaderEpoch();
        register(1, 2, true);
        assertEquals(PartitionImage.NO_LEADER, partition(index).leader());
        unfence(1);
        assertEquals(1, partition(index).leader());
        assertEquals(epoch + 2, partition(index).leaderEpoch());
    }

    /// A folder that was away, while another process with the same id acknowledged more, has lost that.
    @Test
    void aProofIsAboutTheLifeBeforeAlone() {
        threeBrokers(3, 3, 2);
        decide(new FenceBroker(2, epoch(2)));
        decide(new FenceBroker(3, epoch(3)));
        Registration again = new Registration(3, new UUID(3, 2), null, null, null);
        decide(new RegisterBroker(again, new TreeMap<>(), true, List.of(new UUID(3, 1), new UUID(3, 77))));
        assertEquals(List.of(3), partition(0).elr());
        Registration other = new Registration(3, new UUID(3, 3), null, null, null);
        decide(new RegisterBroker(other, new TreeMap<>(), true, List.of(new UUID(3, 1))));
        assertEquals(List.of(), partition(0).elr());
    }

    @Test
    void whoMayHaveLostSomethingIsNeitherInSyncNorEligible() {
        threeBrokers(3, 3, 2);
        decide(new FenceBroker(2, epoch(2)));
        decide(new FenceBroker(3, epoch(3)));
        assertEquals(List.of(1), partition(0).isr());
        assertEquals(List.of(3), partition(0).elr());
        register(3, 2, false);
        assertEquals(List.of(), partition(0).elr());
        decide(new FenceBroker(1, epoch(1)));
        unfence(3);
        assertEquals(PartitionImage.NO_LEADER, partition(0).leader());
        register(1, 2, true);
        unfence(1);
        assertEquals(1, partition(0).leader());
    }

    /// The disk of the last leader is another one: the copies of the others are what is left.
    @Test
    void whoComesWithANewFolderLeadsNothingThatItLedLast() {
        threeBrokers(3, 3, 1);
        decide(new FenceBroker(2, epoch(2)));
        decide(new FenceBroker(3, epoch(3)));
        unfence(2);
        unfence(3);
        assertEquals(List.of(1), partition(0).isr());
        begin(1, 2, false);
        unfence(1);
        assertEquals(PartitionImage.NO_LEADER, partition(0).leader());
        assertEquals(PartitionImage.NO_LEADER, partition(0).lastLeader());

        assertEquals(List.of(ErrorCode.NONE), decide(new ElectLeaders(
                ElectionKind.UNCLEAN, List.of(new TopicPartition(TOPIC, 0)))));
        assertTrue(partition(0).recovering());
    }

    /// After a start that failed before it registered it knows a life of its own; that is not the one that led.
    @Test
    void aNewFolderWhoseFirstStartFailedIsNew() {
        threeBrokers(1, 3, 1);
        int index = IntStream.range(0, 3).filter(i -> partition(i).leader() == 1).findFirst().orElseThrow();
        begin(1, 3, true, 2);
        unfence(1);
        assertEquals(PartitionImage.NO_LEADER, partition(index).leader());
    }

    @Test
    void whoLostItsPowerLeadsWhatItLedLast() {
        threeBrokers(1, 3, 1);
        int index = IntStream.range(0, 3).filter(i -> partition(i).leader() == 1).findFirst().orElseThrow();
        begin(1, 2, false, 1);
        unfence(1);
        assertEquals(1, partition(index).leader());
        assertTrue(partition(index).recovering());
    }

    // ---- who is in sync

    private IsrOutcome wish(int leader, IsrWish wish) {
        return decide(new ChangeIsr(leader, epoch(leader), List.of(wish))).getFirst();
    }

    private IsrWish inSync(int index, InSync... members) {
        PartitionImage known = partition(index);
        return new IsrWish(requireNonNull(image.topic(TOPIC)).id(), index, known.leaderEpoch(),
                known.partitionEpoch(), List.of(members), false);
    }

    private InSync now(int node) {
        return new InSync(node, epoch(node));
    }

    @Test
    void aLeaderSaysWhoIsInSyncAgainstTheStateItKnew() {
        threeBrokers(3, 3, 2);
        int index = IntStream.range(0, 3).filter(i -> partition(i).leader() == 1).findFirst().orElseThrow();
        IsrWish shrink = inSync(index, now(1), now(2));
        assertEquals(List.of(1, 2), requireNonNull(wish(1, shrink).partition()).isr());
        assertEquals(ErrorCode.INVALID_UPDATE_VERSION, wish(1, shrink).error(), "it was taken already");
        assertEquals(List.of(1), requireNonNull(wish(1, inSync(index, now(1))).partition()).isr());
        assertEquals(List.of(2), partition(index).elr());
        assertEquals(ErrorCode.NONE, wish(1, inSync(index, now(1), now(2), now(3))).error());
        assertEquals(List.of(), partition(index).elr());
    }

    /// Where it was said, the broker may have been there still.
    @Test
    void whatIsSaidOfABrokerThatWasRemovedIsNotKeptForTheNextOfThatNumber() {
        register(1, 1, true);
        unfence(1);
        register(2, 1, true);
        assertEquals(ErrorCode.NONE, drain(2));
        assertTrue(image.settings().isDrained(2));
        assertEquals(ErrorCode.NONE, decide(new RemoveBroker(2)).error());

        assertEquals(ErrorCode.BROKER_ID_NOT_REGISTERED, drain(2));
        register(2, 2, true);
        assertFalse(image.settings().isDrained(2));

        assertEquals(ErrorCode.NONE, decide(new Configure(ConfigOwner.allBrokers(),
                new TreeMap<>(Map.of("num.partitions", "2")), false, false)).error());
        assertEquals(ErrorCode.NONE, decide(new Configure(new ConfigOwner(ConfigOwner.Kind.GROUP, "3"),
                new TreeMap<>(Map.of("group.session.timeout.ms", "9")), false, false)).error());
    }

    private ErrorCode drain(int node) {
        return decide(new Configure(ConfigOwner.broker(node),
                new TreeMap<>(Map.of(DynamicSettings.CORDONED, DynamicSettings.ALL_FOLDERS)), false, false)).error();
    }

    @Test
    void whatDoesNotFitIsRefused() {
        threeBrokers(3, 3, 2);
        int index = IntStream.range(0, 3).filter(i -> partition(i).leader() == 1).findFirst().orElseThrow();
        IsrWish good = inSync(index, now(1), now(2));
        UUID topic = good.topicId();
        int epoch = good.leaderEpoch();
        int version = good.partitionEpoch();
        List<InSync> isr = good.isr();
        Map<IsrWish, ErrorCode> refused = new LinkedHashMap<>();
        refused.put(new IsrWish(new UUID(8, 8), index, epoch, version, isr, false), ErrorCode.UNKNOWN_TOPIC_ID);
        refused.put(new IsrWish(topic, 77, epoch, version, isr, false), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        refused.put(new IsrWish(topic, index, epoch - 1, version, isr, false), ErrorCode.FENCED_LEADER_EPOCH);
        refused.put(new IsrWish(topic, index, epoch + 1, version, isr, false), ErrorCode.NOT_CONTROLLER);
        refused.put(new IsrWish(topic, index, epoch, version + 1, isr, false), ErrorCode.NOT_CONTROLLER);
        refused.put(new IsrWish(topic, index, epoch, version - 1, isr, false), ErrorCode.INVALID_UPDATE_VERSION);
        refused.put(inSync(index, now(2), now(3)), ErrorCode.INVALID_REQUEST);
        refused.put(inSync(index, now(1), now(1)), ErrorCode.INVALID_REQUEST);
        refused.put(inSync(index, now(1), new InSync(9, 1)), ErrorCode.INVALID_REQUEST);
        refused.put(inSync(index, now(1), new InSync(2, epoch(2) - 1)), ErrorCode.INELIGIBLE_REPLICA);
        refused.put(new IsrWish(topic, index, epoch, version, List.of(now(1)), true), ErrorCode.INVALID_REQUEST);
        refused.forEach((wish, error) -> assertEquals(error, wish(1, wish).error(), wish.toString()));
        assertEquals(ErrorCode.INVALID_REQUEST, wish(2, good).error());
        assertEquals(ErrorCode.STALE_BROKER_EPOCH,
                decide(new ChangeIsr(1, epoch(1) - 1, List.of(good))).getFirst().error());
        decide(new FenceBroker(3, epoch(3)));
        assertEquals(ErrorCode.INELIGIBLE_REPLICA, wish(1, inSync(index, now(1), now(2), now(3))).error());
    }

    @Test
    void manyWishesAreOneEntry() {
        threeBrokers(3, 30, 2);
        List<IsrWish> wishes = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            if (partition(i).leader() == 1) {
                wishes.add(inSync(i, now(1), now(2)));
            }
        }
        List<IsrOutcome> outcomes = decide(new ChangeIsr(1, epoch(1), wishes));
        assertEquals(10, outcomes.size());
        outcomes.forEach(outcome -> assertEquals(ErrorCode.NONE, outcome.error()));
        assertEquals(1, last.size());
    }
}
