package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Five brokers, and a topic of 30 partitions on the first three.
class ReassignmentsTest {
    private static final int PARTITIONS = 30;
    private static final UUID TOPIC = new UUID(7, 7);

    private int atOnce = Reassignments.AT_ONCE;
    private long most = Integer.MAX_VALUE;
    private final ControllerCore core = new ControllerCore(new Random(1), new TopicRules() {
        @Override
        public @Nullable String problem(SortedMap<String, String> config) {
            return null;
        }

        @Override
        public int movesAtOnce(ClusterSettings cluster) {
            return atOnce;
        }

        @Override
        public long mostReplicas(ClusterSettings cluster) {
            return most;
        }
    });
    private ClusterImage image = ClusterImage.EMPTY;

    ReassignmentsTest() {
        List<MetadataRecord> records = new ArrayList<>();
        for (int node = 1; node <= 5; node++) {
            records.add(new MetadataRecord.BrokerRegistered(Registration.alone(node, new UUID(node, 1))));
            records.add(new MetadataRecord.BrokerStands(node, Standing.ACTIVE));
        }
        records.add(new MetadataRecord.TopicCreated(TOPIC, "t",
                Collections.nCopies(PARTITIONS, PartitionImage.born(List.of(1, 2, 3))), new TreeMap<>()));
        image = image.apply(records);
    }

    private <R> R decide(MetadataCommand<R> command) {
        Decision<R> decision = core.decide(command, image);
        image = image.apply(decision.records());
        return decision.result();
    }

    private static ReassignmentWish wish(int partition, @Nullable List<Integer> to) {
        return new ReassignmentWish(new TopicPartition("t", partition), to);
    }

    private Outcome move(int partition, @Nullable List<Integer> to) {
        return decide(new AlterReassignments(true, List.of(wish(partition, to)))).getFirst();
    }

    private PartitionImage partition(int index) {
        return image.topic("t").partition(index);
    }

    private long underWay() {
        return image.topic("t").all().stream().filter(one -> !one.added().isEmpty()).count();
    }

    private void inSync(int partition, Integer... isr) {
        PartitionImage was = partition(partition);
        List<InSync> members = List.of(isr).stream()
                .map(node -> new InSync(node, image.brokers().get(node).epoch())).toList();
        assertEquals(ErrorCode.NONE, decide(new ChangeIsr(was.leader(), image.brokers().get(was.leader()).epoch(),
                List.of(new IsrWish(TOPIC, partition, was.leaderEpoch(), was.partitionEpoch(), members, false))))
                .getFirst().error());
    }

    @Test
    void aBrokerIsGivenNoMoreThanItMayKeep() {
        most = 2;
        atOnce = 1;
        List<Outcome> outcomes = decide(new AlterReassignments(true, IntStream.range(0, 3)
                .mapToObj(one -> wish(one, List.of(1, 2, 4))).toList()));
        assertEquals(List.of(ErrorCode.NONE, ErrorCode.NONE, ErrorCode.POLICY_VIOLATION),
                outcomes.stream().map(Outcome::error).toList());
        assertTrue(outcomes.get(2).message().contains("max.broker.partitions"), outcomes.get(2).message());
        assertEquals(ErrorCode.POLICY_VIOLATION, move(2, List.of(4)).error(), "what is queued counts as well");
        assertEquals(ErrorCode.NONE, move(0, List.of(2, 1, 4)).error(), "it has that one");
        assertEquals(ErrorCode.NONE, move(1, null).error());
        assertEquals(ErrorCode.NONE, move(2, List.of(1, 2, 4)).error());
        assertEquals(ErrorCode.NONE, move(3, List.of(3, 1)).error(), "it takes nothing that it has not");
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, move(PARTITIONS, List.of(1)).error());
        assertEquals(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, move(0, null).error());
        for (List<Integer> to : List.of(List.<Integer>of(), List.of(1, 1), List.of(1, 9), List.of(-1),
                IntStream.range(0, 5_000).boxed().toList())) {
            assertEquals(ErrorCode.INVALID_REPLICA_ASSIGNMENT, move(0, to).error());
        }
        assertEquals(ErrorCode.INVALID_REPLICATION_FACTOR,
                decide(new AlterReassignments(false, List.of(wish(0, List.of(1, 2))))).getFirst().error());
        long before = image.version();
        assertEquals(Outcome.DONE, move(0, List.of(1, 2, 3)));
        assertEquals(before, image.version(), "it is there already");
    }

    @Test
    void asManyMoveAtOnceAsIsSet() {
        atOnce = 2;
        decide(new AlterReassignments(true, IntStream.range(0, PARTITIONS)
                .mapToObj(i -> wish(i, List.of(1, 2, 4))).toList()));
        assertEquals(2, underWay());
        assertFalse(Reassignments.isDue(image, atOnce));
        atOnce = 5;
        assertTrue(Reassignments.isDue(image, atOnce));
        decide(new AdvanceReassignments());
        assertEquals(5, underWay());
        atOnce = 1;
        assertFalse(Reassignments.isDue(image, atOnce), "what moves goes on");
        assertEquals(0, decide(new AdvanceReassignments()));
        assertEquals(5, underWay());
    }

    @Test
    void soManyMoveAtOnceAndTheOthersFollow() {
        decide(new AlterReassignments(true, IntStream.range(0, PARTITIONS)
                .mapToObj(i -> wish(i, List.of(1, 2, 4))).toList()));
        assertEquals(Reassignments.AT_ONCE, underWay());
        assertFalse(Reassignments.isDue(image), "all that can be done is done");
        assertEquals(0, decide(new AdvanceReassignments()));
        inSync(3, 1, 2, 3, 4);
        assertEquals(List.of(1, 2, 4), partition(3).replicas());
        assertEquals(List.of(1, 2, 4), partition(3).isr());
        assertNull(partition(3).reassignment());
        assertTrue(Reassignments.isDue(image));
        assertEquals(1, decide(new AdvanceReassignments()));
        assertEquals(Reassignments.AT_ONCE, underWay());
        assertEquals(Outcome.DONE, move(PARTITIONS - 1, null));
        assertEquals(List.of(1, 2, 3), partition(PARTITIONS - 1).replicas());
        assertNull(partition(PARTITIONS - 1).reassignment(), "one that waits is cancelled as well");
    }

    @Test
    void whatAFencedBrokerIsToGetHoldsUpNobody() {
        decide(new AlterReassignments(true, IntStream.range(0, Reassignments.AT_ONCE)
                .mapToObj(i -> wish(i, List.of(1, 2, 4))).toList()));
        decide(new FenceBroker(4, image.brokers().get(4).epoch()));
        move(20, List.of(1, 2, 5));
        assertEquals(List.of(5), partition(20).added());
        move(21, List.of(1, 2, 4));
        assertEquals(List.of(4), partition(21).queued(), "it waits for its broker");
        assertFalse(Reassignments.isDue(image));
        decide(new MetadataCommand.UnfenceBroker(4, image.brokers().get(4).epoch()));
        assertFalse(Reassignments.isDue(image), "that has enough to do");
        inSync(0, 1, 2, 3, 4);
        inSync(20, 1, 2, 3, 5);
        assertEquals(1, decide(new AdvanceReassignments()));
        assertEquals(List.of(4), partition(21).added());
    }

    @Test
    void brokersDieInTheMiddleOfIt() {
        move(0, List.of(4, 5));
        assertEquals(List.of(4, 5, 1, 2, 3), partition(0).replicas());
        decide(new FenceBroker(4, image.brokers().get(4).epoch()));
        decide(new FenceBroker(1, image.brokers().get(1).epoch()));
        assertEquals(2, partition(0).leader());
        inSync(0, 2, 3, 5);
        assertEquals(List.of(4, 5, 1, 2, 3), partition(0).replicas(), "4 is not in sync");
        decide(new MetadataCommand.UnfenceBroker(4, image.brokers().get(4).epoch()));
        inSync(0, 2, 3, 5, 4);
        assertEquals(List.of(4, 5), partition(0).replicas());
        assertEquals(4, partition(0).leader());
        assertEquals(List.of(), partition(0).elr());
    }

    @Test
    void aTopicIsDeletedInTheMiddleOfIt() {
        move(0, List.of(4, 5));
        decide(new DeleteTopics(List.of(new TopicRef("t", null))));
        assertFalse(Reassignments.isDue(image));
        assertEquals(0, decide(new AdvanceReassignments()));
    }

    @Test
    void itIsInTheSnapshotAndInTheBytes() throws Exception {
        move(0, List.of(4, 5));
        move(7, List.of(3, 2));
        List<MetadataRecord> records = MetadataCodec.decode(ByteBuffer.wrap(MetadataCodec.encode(image.snapshot())));
        assertEquals(image, ClusterImage.EMPTY.apply(records));
        List<MetadataRecord> removed = List.of(new MetadataRecord.BrokerRemoved(5));
        assertEquals(removed, MetadataCodec.decode(ByteBuffer.wrap(MetadataCodec.encode(removed))));
    }

    @Test
    void aBrokerIsRemovedWhenItIsFencedAndHasNothing() {
        assertEquals(ErrorCode.BROKER_ID_NOT_REGISTERED, decide(new RemoveBroker(9)).error());
        assertEquals(ErrorCode.INVALID_REQUEST, decide(new RemoveBroker(4)).error(), "in session");
        for (int node : List.of(3, 4)) {
            decide(new FenceBroker(node, image.brokers().get(node).epoch()));
        }
        move(0, List.of(1, 2, 4));
        assertEquals(ErrorCode.INVALID_REQUEST, decide(new RemoveBroker(3)).error(), "it has replicas");
        assertEquals(ErrorCode.INVALID_REQUEST, decide(new RemoveBroker(4)).error(), "it is to have one");
        move(0, null);
        assertEquals(Outcome.DONE, decide(new RemoveBroker(4)));
        assertFalse(image.brokers().containsKey(4));
        assertEquals(ErrorCode.BROKER_ID_NOT_REGISTERED, decide(new RemoveBroker(4)).error());
    }
}
