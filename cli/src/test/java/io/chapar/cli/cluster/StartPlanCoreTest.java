package io.chapar.cli.cluster;

import io.chapar.cli.cluster.StartPlanCore.Plan;
import io.chapar.cli.cluster.StartPlanCore.Wish;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class StartPlanCoreTest {
    private static final Wish AS_IT_IS = new Wish(null, null, Map.of());

    private static Plan plan(Wish wish, ClusterFile known, Set<Integer> running, IntPredicate free) {
        return StartPlanCore.plan(wish, known, running::contains, free, new Random(1));
    }

    /// Of a new cluster on a machine that has all ports free.
    private static Plan plan(Wish wish) {
        return plan(wish, null, Set.of(), _ -> true);
    }

    private static Plan.Start start(Wish wish) {
        return assertInstanceOf(Plan.Start.class, plan(wish));
    }

    private static Plan.Start start(Wish wish, ClusterFile known, Set<Integer> running, IntPredicate free) {
        return assertInstanceOf(Plan.Start.class, plan(wish, known, running, free));
    }

    private static void refused(Plan plan, String... said) {
        Plan.Refused refused = assertInstanceOf(Plan.Refused.class, plan);
        for (String part : said) {
            assertTrue(refused.sentence().contains(part), refused.sentence());
        }
    }

    private static ClusterFile three() {
        return start(AS_IT_IS).file();
    }

    @Test
    void aNewClusterHasThreeBrokersAHundredPortsApart() {
        Plan.Start plan = start(AS_IT_IS);
        assertEquals(List.of(1, 2, 3), plan.starting());
        assertEquals("127.0.0.1:9092,127.0.0.1:9192,127.0.0.1:9292", plan.file().bootstrap());
        assertEquals("1@127.0.0.1:9093,2@127.0.0.1:9193,3@127.0.0.1:9293", plan.file().quorum());
        assertEquals(Map.of("default.replication.factor", "3", "min.insync.replicas", "2"), plan.file().settings());
    }

    @Test
    void fewerBrokersKeepFewerReplicas() {
        assertEquals(Map.of("default.replication.factor", "2", "min.insync.replicas", "1"),
                start(new Wish(2, null, Map.of())).file().settings());
        assertEquals(Map.of("default.replication.factor", "1", "min.insync.replicas", "1"),
                start(new Wish(1, null, Map.of())).file().settings());
    }

    @Test
    void whatTheUserSetsWins() {
        assertEquals(Map.of("default.replication.factor", "1", "min.insync.replicas", "2", "num.partitions", "6"),
                start(new Wish(5, null, Map.of("default.replication.factor", "1", "num.partitions", "6")))
                        .file().settings());
    }

    @Test
    void whatEachBrokerHasOfItsOwnIsNoSettingOfAll() {
        refused(plan(new Wish(null, null, Map.of("listeners", ":9092"))), "'listeners'");
        refused(plan(new Wish(null, null, Map.of("quorum", "1@h:1")), three(), Set.of(), _ -> true), "'quorum'");
    }

    @Test
    void eachPortThatATakenBaseNeedsIsNamed() {
        for (int taken : new int[] {9092, 9093, 9094, 9192, 9193, 9194, 9292, 9293, 9294}) {
            refused(plan(AS_IT_IS, null, Set.of(), port -> port != taken), "Port " + taken, "--base-port");
        }
        start(AS_IT_IS, null, Set.of(), port -> port != 9095);
    }

    @Test
    void portsEndSomewhere() {
        assertEquals(65_433, start(new Wish(2, 65_333, Map.of())).file().node(2).port());
        refused(plan(new Wish(2, 65_434, Map.of())), "too few ports");
    }

    @Test
    void freePortsAreFreeAndApart() {
        Set<Integer> busy = new TreeSet<>();
        for (int port = 10_000; port < 32_000; port += 7) {
            busy.add(port);
        }
        ClusterFile file = start(new Wish(5, 0, Map.of()), null, Set.of(), port -> !busy.contains(port)).file();
        Set<Integer> used = new TreeSet<>();
        for (LocalNode node : file.nodes().values()) {
            for (int port = node.port(); port < node.port() + 3; port++) {
                assertTrue(!busy.contains(port) && used.add(port) && port > 9_999 && port < 32_000, "" + port);
            }
        }
        refused(plan(new Wish(null, 0, Map.of()), null, Set.of(), _ -> false), "No 3 free ports");
    }

    @Test
    void onlyWhatDoesNotRunIsStartedAgain() {
        assertEquals(List.of(), start(AS_IT_IS, three(), Set.of(1, 2, 3), _ -> false).starting(),
                "their ports are taken by them");
        assertEquals(List.of(2), start(AS_IT_IS, three(), Set.of(1, 3), port -> port >= 9192 && port < 9292)
                .starting());
        assertEquals(List.of(1, 2, 3), start(new Wish(3, 9092, Map.of()), three(), Set.of(), _ -> true).starting());
    }

    @Test
    void laterSettingsComeOnTopOfEarlierOnes() {
        Plan.Start plan = start(new Wish(null, null, Map.of("min.insync.replicas", "3", "log.flush.acks", "true")),
                three(), Set.of(), _ -> true);
        assertEquals(Map.of("default.replication.factor", "3", "min.insync.replicas", "3", "log.flush.acks", "true"),
                plan.file().settings());
    }

    @Test
    void ofMoreThanThreeBrokersThreeVote() {
        ClusterFile five = start(new Wish(5, null, Map.of())).file();
        assertEquals(Set.of(1, 2, 3), five.voters());
        assertEquals(three().quorum(), five.quorum());
    }

    @Test
    void aClusterThatGetsMoreBrokersKeepsItsVoters() {
        Plan.Start plan = start(new Wish(5, null, Map.of()), three(), Set.of(1, 2, 3), port -> port > 9300);
        assertEquals(List.of(4, 5), plan.starting());
        assertEquals(three().quorum(), plan.file().quorum());
        assertEquals(9492, plan.file().node(5).port());
        assertEquals(three().settings(), plan.file().settings());
        // A port in a row is taken by somebody: another one is found.
        Plan.Start elsewhere = start(new Wish(4, null, Map.of()), three(), Set.of(1, 2, 3), port -> port != 9393);
        assertTrue(elsewhere.file().node(4).port() >= 10_000);
        refused(plan(new Wish(4, null, Map.of()), three(), Set.of(1, 2, 3), _ -> false), "No 3 free ports");
    }

    @Test
    void aBrokerWithoutOthersGetsSomeWhenItIsStopped() {
        ClusterFile one = start(new Wish(1, null, Map.of("log.flush.acks", "true"))).file();
        refused(plan(new Wish(3, null, Map.of()), one, Set.of(1), _ -> true), "runs without others", "cluster stop");
        Plan.Start plan = start(new Wish(3, null, Map.of()), one, Set.of(), _ -> true);
        assertEquals(List.of(1, 2, 3), plan.starting());
        assertEquals(Set.of(1, 2, 3), plan.file().voters());
        assertEquals(Map.of("default.replication.factor", "3", "min.insync.replicas", "2", "log.flush.acks", "true"),
                plan.file().settings());
        ClusterFile own = start(new Wish(1, null, Map.of("min.insync.replicas", "5"))).file();
        assertEquals("5", start(new Wish(3, null, Map.of()), own, Set.of(), _ -> true).file().settings()
                .get("min.insync.replicas"), "what somebody has said stays");
    }

    @Test
    void whatIsThereForGoodCannotBeChanged() {
        refused(plan(new Wish(2, null, Map.of()), three(), Set.of(), _ -> true), "has 3 nodes", "--nodes");
        refused(plan(new Wish(null, 9100, Map.of()), three(), Set.of(), _ -> true), "9092", "--base-port");
    }

    @Test
    void theOthersOfAClusterThatIsThereStartWithoutOneWhosePortSomebodyHas() {
        Plan.Start plan = start(AS_IT_IS, three(), Set.of(), port -> port != 9293);
        assertEquals(List.of(1, 2), plan.starting());
        assertEquals(Map.of(3, "cannot start: its port 9293 is taken by another process, and it has no other"),
                plan.hindered());
        assertEquals(Set.of(1, 2, 3), start(AS_IT_IS, three(), Set.of(), _ -> false).hindered().keySet());
        assertEquals(Map.of(), start(AS_IT_IS, three(), Set.of(1, 2, 3), _ -> false).hindered());
    }
}
