package io.chapar.cli.cluster;

import io.chapar.cli.cluster.SlowReplicasCore.Slow;
import io.chapar.cli.cluster.SlowReplicasCore.Sum;
import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class SlowReplicasCoreTest {
    private static final List<Integer> ALL = List.of(1, 2, 3);
    private static final TopicPartition T0 = t(0);
    private static final TopicPartition T1 = t(1);

    private static TopicPartition t(int partition) {
        return new TopicPartition("t", partition);
    }

    private static PartitionView view(int partition, int leader, Integer... inSync) {
        return new PartitionView(partition, leader, 4, ALL, Arrays.asList(inSync), List.of());
    }

    private static Facts facts(Map<TopicPartition, Map<Integer, Long>> ends, PartitionView... views) {
        return new Facts(new ClusterDescription("c", null, List.of(), List.of(), null),
                List.of(new TopicView("t", TopicView.NO_ID, false, List.of(views))), Map.of(), ends, Set.of(),
                Set.of());
    }

    private static List<Slow> slow(Facts facts, Map<Integer, Map<TopicPartition, Long>> later) {
        return SlowReplicasCore.slow(facts, StatusCore.status(facts).partitions(), later);
    }

    private static Map<Integer, List<TopicPartition>> suspects(Facts facts, int most) {
        return SlowReplicasCore.suspects(StatusCore.status(facts).partitions(), most);
    }

    @Test
    void whereAllHaveAllNobodyIsAskedAgainAndNobodyIsSlow() {
        Facts facts = facts(Map.of(T0, Map.of(1, 9L, 2, 9L, 3, 10L)), view(0, 1, 1, 2, 3));
        assertEquals(Map.of(), suspects(facts, 10));
        assertEquals(List.of(), slow(facts, Map.of()));
    }

    @Test
    void oneInSyncIsSlowThatStillMissesWhatItsLeaderHadAtTheFirstLook() {
        Facts facts = facts(Map.of(T0, Map.of(1, 9L, 2, 4L, 3, 5L)), view(0, 1, 1, 2, 3));
        assertEquals(Map.of(2, List.of(T0), 3, List.of(T0)), suspects(facts, 10));
        assertEquals(List.of(new Slow(T0, 3, 1, true, 2L)),
                slow(facts, Map.of(2, Map.of(T0, 9L), 3, Map.of(T0, 7L))));
        assertEquals(List.of(), slow(facts, Map.of()), "one look does not tell");
    }

    @Test
    void whoIsNotInSyncIsSlowWhateverItHas() {
        Facts facts = facts(Map.of(T0, Map.of(1, 9L, 2, 9L), T1, Map.of(1, 9L, 2, 2L)),
                view(0, 1, 1), view(1, 1, 1, 3));
        assertEquals(Map.of(), suspects(facts, 10), "of those it is known already");
        assertEquals(List.of(new Slow(T1, 2, 1, false, 7L), new Slow(T0, 2, 1, false, 0L),
                new Slow(T0, 3, 1, false, null), new Slow(T1, 3, 1, true, null)), slow(facts, Map.of()),
                "worst first, those that do not answer last");
    }

    @Test
    void nobodyIsBehindALeaderThatThereIsNotOrThatDoesNotAnswer() {
        assertEquals(List.of(), slow(facts(Map.of(), view(0, PartitionView.NO_LEADER, 1)), Map.of()));
        assertEquals(List.of(), slow(facts(Map.of(T0, Map.of(2, 1L)), view(0, 1, 1, 2, 3)), Map.of()));
    }

    @Test
    void noMoreAreAskedAgainThanTheWorst() {
        PartitionView[] views = IntStream.range(0, 3).mapToObj(i -> view(i, 1, 1, 2, 3)).toArray(PartitionView[]::new);
        Facts facts = facts(Map.of(T0, Map.of(1, 9L, 2, 8L), T1, Map.of(1, 9L, 3, 0L), t(2), Map.of(1, 9L, 2, 5L)),
                views);
        assertEquals(Map.of(2, List.of(t(2)), 3, List.of(T1)), suspects(facts, 2));
    }

    /// Records missed; size of the leader's log and its own; bytes missed.
    @Test
    void bytesAreWhatTheLeadersLogIsLargerWhereThatSaysSomething() {
        for (Long[] each : new Long[][] {
                {5L, 900L, 400L, 500L}, {0L, 900L, 400L, 0L}, {5L, 400L, 900L, null}, {5L, 900L, null, null},
                {5L, null, 400L, null}, {null, 900L, 400L, null}}) {
            Slow one = new Slow(T0, 2, 1, true, each[0]);
            Map<Integer, Map<TopicPartition, Long>> sizes = Map.of(1, each[1] == null ? Map.of() : Map.of(T0, each[1]),
                    2, each[2] == null ? Map.of() : Map.of(T0, each[2]));
            assertEquals(each[3], SlowReplicasCore.bytes(one, sizes), Arrays.toString(each));
        }
    }

    @Test
    void aBrokersSumIsOfThoseThatAreKnown() {
        List<Slow> all = List.of(new Slow(T0, 2, 1, true, 5L), new Slow(T1, 2, 1, true, 2L),
                new Slow(t(2), 2, 1, false, null), new Slow(T0, 3, 1, false, null));
        Map<Integer, Map<TopicPartition, Long>> sizes = Map.of(1, Map.of(T0, 90L, T1, 70L), 2, Map.of(T0, 40L));
        assertEquals(List.of(new Sum(2, 3, 7L, 50L), new Sum(3, 1, null, null)), SlowReplicasCore.sums(all, sizes));
    }
}
