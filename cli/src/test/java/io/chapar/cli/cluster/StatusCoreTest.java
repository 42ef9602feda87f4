package io.chapar.cli.cluster;

import io.chapar.cli.cluster.StatusCore.Broker;
import io.chapar.cli.cluster.StatusCore.BrokerState;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.cli.cluster.StatusCore.Health;
import io.chapar.cli.cluster.StatusCore.Partition;
import io.chapar.cli.cluster.StatusCore.Risk;
import io.chapar.cli.cluster.StatusCore.Status;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class StatusCoreTest {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final List<Integer> ALL = List.of(1, 2, 3);

    private static Node node(int id) {
        return new Node(id, "127.0.0.1", 9_000 + id);
    }

    private static ClusterDescription cluster(List<Integer> active, Integer... fenced) {
        return new ClusterDescription("c", active.contains(2) ? node(2) : null,
                active.stream().map(StatusCoreTest::node).toList(),
                Arrays.stream(fenced).map(StatusCoreTest::node).toList(), null);
    }

    private static TopicView topic(PartitionView... partitions) {
        return new TopicView("t", TopicView.NO_ID, false, List.of(partitions));
    }

    private static PartitionView view(int partition, int leader, List<Integer> replicas, List<Integer> inSync) {
        return new PartitionView(partition, leader, 4, replicas, inSync, List.of());
    }

    private static Status status(ClusterDescription cluster, int minInSync, PartitionView... partitions) {
        return StatusCore.status(new Facts(cluster, List.of(topic(partitions)), Map.of("t", minInSync), Map.of(),
                Set.of(), Set.of()));
    }

    /// In sync; min.insync.replicas; what becomes of the partition: how it is, then which broker's death leaves nobody,
    /// and whose leaves too few.
    @Test
    void howAPartitionFaresAndWhatOneMoreDeathDoes() {
        for (Object[] each : new Object[][] {
                {ALL, 1, Health.FINE, Set.of(), Set.of()},
                {ALL, 2, Health.FINE, Set.of(), Set.of()},
                {ALL, 3, Health.FINE, Set.of(), Set.of(1, 2, 3)},
                {ALL, 9, Health.FINE, Set.of(), Set.of(1, 2, 3)},
                {List.of(1, 3), 1, Health.UNDER_REPLICATED, Set.of(), Set.of()},
                {List.of(1, 3), 2, Health.UNDER_REPLICATED, Set.of(), Set.of(1, 3)},
                {List.of(1, 3), 3, Health.BELOW_MIN_IN_SYNC, Set.of(), Set.of()},
                {List.of(1), 1, Health.UNDER_REPLICATED, Set.of(1), Set.of()},
                {List.of(1), 2, Health.BELOW_MIN_IN_SYNC, Set.of(1), Set.of()}}) {
            @SuppressWarnings("unchecked")
            List<Integer> inSync = (List<Integer>) each[0];
            Status status = status(cluster(ALL), (int) each[1], view(0, 1, ALL, inSync));
            String what = inSync + ", " + each[1];
            assertEquals(each[2], status.partitions().getFirst().health(), what);
            assertEquals(1, status.count((Health) each[2]), what);
            assertEquals(inSync.size() < 3 ? 1 : 0, status.underReplicated(), what);
            for (Risk risk : status.risks()) {
                assertEquals(((Set<?>) each[3]).contains(risk.broker()) ? List.of(T0) : List.of(), risk.leaderless(),
                        what);
                assertEquals(((Set<?>) each[4]).contains(risk.broker()) ? List.of(T0) : List.of(), risk.unwritable(),
                        what);
            }
            assertEquals(3, status.risks().size());
        }
    }

    @Test
    void aPartitionWithoutLeaderHasNothingMoreToLose() {
        Status status = status(cluster(List.of(2), 1), 2, view(0, PartitionView.NO_LEADER, ALL, List.of(1)));
        assertEquals(Health.LEADERLESS, status.partitions().getFirst().health());
        assertEquals(1, status.risks().size(), "of those that live");
        assertTrue(status.risks().getFirst().isNone());
    }

    @Test
    void oneReplicaIsEnoughForOneThatHasNoMore() {
        Status status = status(cluster(ALL), 2, view(0, 1, List.of(1), List.of(1)));
        assertEquals(Health.FINE, status.partitions().getFirst().health());
        assertEquals(List.of(T0), status.risks().getFirst().leaderless());
    }

    @Test
    void brokersAreCountedWithThoseThatAreOutOfSession() {
        Status status = status(cluster(List.of(1, 2), 3), 1,
                view(0, 1, ALL, List.of(1, 2)), view(1, 2, List.of(2, 4), List.of(2)), view(2, 2, ALL, List.of(1, 2)));
        assertEquals(List.of(
                new Broker(1, node(1), BrokerState.ACTIVE, false, 1, 2, 2, null),
                new Broker(2, node(2), BrokerState.ACTIVE, true, 2, 3, 3, null),
                new Broker(3, node(3), BrokerState.FENCED, false, 0, 2, 0, null),
                new Broker(4, null, BrokerState.UNKNOWN, false, 0, 1, 0, null)), status.brokers());
    }

    private static Partition behind(Map<Integer, Long> ends) {
        return StatusCore.status(new Facts(cluster(ALL), List.of(topic(view(0, 1, ALL, ALL))), Map.of(),
                Map.of(T0, ends), Set.of(), Set.of())).partitions().getFirst();
    }

    @Test
    void aFollowerIsBehindByWhatItsLeaderHasMore() {
        assertEquals(Map.of(2, 0L, 3, 7L), behind(Map.of(1, 10L, 2, 10L, 3, 3L)).behind());
        assertEquals(Map.of(2, 0L), behind(Map.of(1, 10L, 2, 12L)).behind(), "it was asked later");
        assertEquals(Map.of(), behind(Map.of(2, 12L, 3, 1L)).behind(), "of what, nobody knows");
    }

    @Test
    void aBrokerIsBehindInAllThatItFollows() {
        Status status = StatusCore.status(new Facts(cluster(ALL),
                List.of(topic(view(0, 1, ALL, ALL), view(1, 1, ALL, ALL), view(2, 3, ALL, ALL))), Map.of(),
                Map.of(T0, Map.of(1, 9L, 3, 4L), new TopicPartition("t", 1), Map.of(1, 9L, 3, 8L),
                        new TopicPartition("t", 2), Map.of(1, 0L, 3, 8L)), Set.of(), Set.of()));
        assertEquals(8L, status.brokers().get(0).behind());
        assertNull(status.brokers().get(1).behind(), "it was not asked");
        assertEquals(6L, status.brokers().get(2).behind());
    }

    @Test
    void whoIsDrainedIsSaidToBeWhileItIsInSession() {
        Status status = StatusCore.status(new Facts(cluster(List.of(1, 2), 3), List.of(), Map.of(), Map.of(),
                Set.of(), Set.of(2, 3)));
        assertEquals(List.of(BrokerState.ACTIVE, BrokerState.DRAINING, BrokerState.FENCED),
                status.brokers().stream().map(Broker::state).toList());
    }

    /// Who lives of three voters; whose death takes the majority.
    @Test
    void theMetadataNeedsAMajorityOfItsVoters() {
        for (Object[] each : new Object[][] {
                {ALL, Set.of()}, {List.of(1, 2), Set.of(1, 2)}, {List.of(1), Set.of()},
                {List.of(1, 2, 4), Set.of(1, 2)}}) {
            @SuppressWarnings("unchecked")
            List<Integer> alive = (List<Integer>) each[0];
            Status status = StatusCore.status(
                    new Facts(cluster(alive), List.of(), Map.of(), Map.of(), Set.of(1, 2, 3), Set.of()));
            status.risks().forEach(risk ->
                    assertEquals(((Set<?>) each[1]).contains(risk.broker()), risk.majority(), alive + " " + risk));
        }
        assertTrue(status(cluster(ALL), 1).risks().stream().noneMatch(Risk::majority), "nobody told the voters");
    }
}
