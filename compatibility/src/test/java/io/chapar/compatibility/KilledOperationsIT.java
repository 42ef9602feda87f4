package io.chapar.compatibility;

import io.chapar.compatibility.OperatedCluster.Said;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Brokers get SIGKILL in the midst of what somebody does to their cluster. Each operation has ended, or is said again
/// and ends; the commands say what is the matter meanwhile; nothing that was acknowledged is lost; and in the end
/// nothing is left behind that somebody would have to look after.
@Tag("nightly")
class KilledOperationsIT {
    private static final String PROBE = "probe";
    private static final String MOVED = "moved";
    private static final int PARTITIONS = 4;
    private static final int RECORDS = 600;
    private static final int RECORD_BYTES = 20_000;
    /// What is moved takes a minute and more with this.
    private static final String SLOW = "20000";

    @TempDir
    Path folder;

    private final long seed = System.nanoTime();

    private interface Operations {
        void on(OperatedCluster cluster, Admin admin) throws Exception;
    }

    /// With a producer that writes all the while to a topic of three replicas, and one that was filled before.
    ///
    /// @param factor of the latter
    private void operate(int brokers, int factor, Operations operations) throws Exception {
        System.out.println("seed " + seed);
        try (OperatedCluster cluster = new OperatedCluster(folder, seed)) {
            StockClients clients = cluster.clients();
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(ChaosLoad.replicated(PROBE, 1), new NewTopic(MOVED, placed(factor))))
                        .all().get();
                fill(clients);
                if (brokers > ChaosCluster.BROKERS) {
                    cluster.cluster().grow(brokers);
                }
                List<String> before = sorted(clients);
                try (FailoverProbe probe = new FailoverProbe(clients, PROBE)) {
                    operations.on(cluster, admin);
                    long now = System.nanoTime();
                    OperatedCluster.await(() -> assertTrue(probe.firstAfterMs(now) >= 0));
                    assertEquals(before, sorted(clients));
                    probe.assertNothingIsLost();
                    System.out.println(probe);
                }
            } catch (Exception | Error e) {
                System.out.println("failed: " + e);
                throw new AssertionError("Seed " + seed + ": " + e.getMessage() + "\n" + cluster.lastWords(), e);
            }
        }
    }

    /// On brokers 1, 2 and 3.
    private static Map<Integer, List<Integer>> placed(int factor) {
        Map<Integer, List<Integer>> placed = new HashMap<>();
        for (int i = 0; i < PARTITIONS; i++) {
            int first = i;
            placed.put(i, IntStream.range(0, factor).mapToObj(next -> 1 + (first + next) % 3).toList());
        }
        return placed;
    }

    /// With what cannot be compressed.
    private void fill(StockClients clients) {
        Random random = new Random(seed);
        try (KafkaProducer<String, String> producer = clients.producer("acks=all")) {
            for (int i = 0; i < RECORDS; i++) {
                StringBuilder value = new StringBuilder(i + ":");
                random.ints(RECORD_BYTES, ' ', '~').forEach(each -> value.append((char) each));
                var _ = producer.send(new ProducerRecord<>(MOVED, i % PARTITIONS, null, value.toString()));
            }
        }
    }

    /// What each record begins with.
    private static List<String> sorted(StockClients clients) {
        List<String> all = new ArrayList<>(clients.values(MOVED, StockClients.READ_COMMITTED).stream()
                .map(value -> value.substring(0, value.indexOf(':'))).toList());
        Collections.sort(all);
        assertEquals(RECORDS, all.size());
        return all;
    }

    private static List<TopicPartitionInfo> partitions(Admin admin, String topic) throws Exception {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions();
    }

    private static List<List<Integer>> replicas(Admin admin, String topic) throws Exception {
        return partitions(admin, topic).stream()
                .map(each -> each.replicas().stream().map(node -> node.id()).toList()).toList();
    }

    private static int leader(Admin admin, int partition) {
        try {
            return partitions(admin, MOVED).get(partition).leader().id();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<List<Integer>> allAt(Integer... replicas) {
        return Collections.nCopies(PARTITIONS, List.of(replicas));
    }

    private static void assertNotThrottled(OperatedCluster cluster) {
        String topic = cluster.done("config", "describe", MOVED, "-o", "json").out();
        assertFalse(topic.contains("throttled.replicas\",\"value\":\"*\""), topic);
    }

    @Test
    void aReassignmentGoesOnOrIsTakenBack() throws Exception {
        operate(4, 3, (cluster, admin) -> {
            String there = cluster.plan(MOVED, PARTITIONS, List.of(4, 2, 3)).toString();
            String back = cluster.plan(MOVED, PARTITIONS, List.of(1, 2, 3)).toString();

            cluster.struck(cluster::controller, "cluster", "reassign", "--plan", there, "--throttle", SLOW);
            cluster.done("cluster", "reassign", "--plan", there, "--throttle", SLOW);
            assertEquals(PARTITIONS, cluster.moving().size());
            cluster.startAll();
            int leader = leader(admin, 0);
            cluster.kill(leader);
            assertEquals(PARTITIONS, cluster.moving().size());
            cluster.startAll();

            cluster.kill(4);
            OperatedCluster.await(() -> assertEquals(3, admin.describeCluster().nodes().get().size()));
            assertEquals(PARTITIONS, cluster.moving().size());
            try (StartedProcess watching = cluster.begin("cluster", "reassign", "--watch")) {
                OperatedCluster.await(() -> assertTrue(watching.output().contains("broker 4")
                        && watching.output().contains("not in session"), watching::output));
            }
            cluster.startAll();
            cluster.done("cluster", "reassign", "--throttle", "off", "--watch");
            assertEquals(allAt(4, 2, 3), replicas(admin, MOVED));
            assertNotThrottled(cluster);
            cluster.awaitClean(4);

            cluster.done("cluster", "reassign", "--plan", back, "--throttle", SLOW);
            cluster.kill(1);
            cluster.struck(cluster::controller, "cluster", "reassign", "--cancel");
            cluster.startAll();
            cluster.done("cluster", "reassign", "--cancel");
            assertEquals(allAt(4, 2, 3), replicas(admin, MOVED));
            assertNotThrottled(cluster);

            cluster.struck(() -> leader(admin, 1), "cluster", "reassign", "--plan", back, "--watch");
            cluster.startAll();
            cluster.done("cluster", "reassign", "--plan", back, "--watch");
            assertEquals(allAt(1, 2, 3), replicas(admin, MOVED));
            cluster.awaitClean(4);
        });
    }

    @Test
    void aBrokerIsEmptiedAndForgotten() throws Exception {
        operate(4, 3, (cluster, admin) -> {
            cluster.done("cluster", "reassign", "--plan",
                    cluster.plan(MOVED, PARTITIONS, List.of(4, 1, 2)).toString(), "--watch");

            cluster.struck(cluster::controller, "cluster", "drain", "4", "--move", "--throttle", SLOW);
            cluster.startAll();
            cluster.struck(() -> 4, "cluster", "drain", "4", "--move");
            cluster.done("cluster", "drain", "4", "--move", "--watch", "--throttle", "off");
            assertTrue(replicas(admin, MOVED).stream().noneMatch(each -> each.contains(4)));
            assertNotThrottled(cluster);
            cluster.startAll();
            assertTrue(cluster.done("cluster", "drain", "4", "--move").out().contains("has no replicas"));

            cluster.struck(() -> 4, "cluster", "drain", "4", "--undo");
            cluster.startAll();
            cluster.done("cluster", "drain", "4", "--undo");
            cluster.awaitClean(4);

            cluster.done("cluster", "drain", "4", "--move");
            Said early = cluster.say("cluster", "unregister", "4");
            assertFalse(early.isDone(), "it runs");
            cluster.cluster().stop(4);
            Said first = cluster.struck(cluster::controller, "cluster", "unregister", "4");
            Said again = cluster.say("cluster", "unregister", "4");
            assertTrue(again.isDone() || again.err().contains("4"), first + " and " + again);
            OperatedCluster.await(() -> assertFalse(cluster.say("cluster", "unregister", "4").isDone()));
            cluster.startAll();
            cluster.awaitClean(4);
        });
    }

    @Test
    void votersAreTakenOutAndLetIn() throws Exception {
        operate(4, 3, (cluster, admin) -> {
            int controller = cluster.controller();
            int other = 1 + controller % 3;
            cluster.struck(() -> controller, "cluster", "quorum", "remove", Integer.toString(other));
            cluster.startUntilAllVote();
            cluster.awaitClean(4);

            int second = cluster.controller();
            int voter = 1 + second % 3;
            cluster.struck(() -> voter, "cluster", "quorum", "remove", Integer.toString(voter));
            if (cluster.voters().size() == 3) {
                cluster.done("cluster", "quorum", "remove", Integer.toString(voter));
            }
            cluster.startUntilAllVote();

            int third = cluster.controller();
            cluster.struck(() -> third, "cluster", "quorum", "remove", Integer.toString(third));
            cluster.startUntilAllVote();
            cluster.awaitClean(4);

            cluster.cluster().stop(4);
            try (StartedProcess fourth = cluster.startVoter(4)) {
                cluster.struck(cluster::controller, "cluster", "quorum", "add", cluster.voter(4));
                cluster.startAllBut(4);
                if (cluster.voters().size() == 3) {
                    cluster.done("cluster", "quorum", "add", cluster.voter(4));
                }
                cluster.awaitVoters(1, 2, 3, 4);
                assertTrue(fourth.isAlive(), fourth::errors);
            }
            try (StartedProcess fourth = cluster.startVoter(4)) {
                cluster.awaitClean(4);
                cluster.struck(cluster::controller, "cluster", "quorum", "remove", "4");
                cluster.startAllBut(4);
                if (cluster.voters().size() == 4) {
                    cluster.done("cluster", "quorum", "remove", "4");
                }
                assertEquals(0, fourth.exitCode(), fourth::errors);
                assertTrue(fourth.errors().contains("was taken out of the metadata quorum"), fourth::errors);
            }
            cluster.awaitVoters(1, 2, 3);
            cluster.startAll();
            cluster.awaitClean(4);
        });
    }

    @Test
    void topicsAndReplicasGrow() throws Exception {
        operate(3, 1, (cluster, admin) -> {
            cluster.struck(() -> 2, "cluster", "grow", "--replication", "3", "--wait", "20", MOVED);
            cluster.say("cluster", "grow", "--replication", "3", "--wait", "1", MOVED);
            cluster.startAll();
            cluster.struck(cluster::controller, "cluster", "grow", "--replication", "3", "--wait", "20", MOVED);
            cluster.startAll();
            cluster.done("cluster", "grow", "--replication", "3", "--wait", "60", MOVED);
            assertTrue(replicas(admin, MOVED).stream().allMatch(each -> each.size() == 3));
            cluster.awaitClean(3);

            int more = 2 * PARTITIONS;
            Said first = cluster.struck(cluster::controller, "topic", "alter", MOVED, "--partitions",
                    Integer.toString(more));
            cluster.startAll();
            if (partitions(admin, MOVED).size() < more) {
                cluster.done("topic", "alter", MOVED, "--partitions", Integer.toString(more));
            }
            assertEquals(more, partitions(admin, MOVED).size(), first::toString);

            cluster.struck(cluster::controller, "topic", "create", "made", "--partitions", "50");
            cluster.startAll();
            Said again = cluster.say("topic", "create", "made", "--partitions", "50");
            assertTrue(again.isDone() || again.err().contains("There is a topic 'made'"), again.err());
            cluster.struck(cluster::controller, "topic", "delete", "made");
            cluster.startAll();
            Said gone = cluster.say("topic", "delete", "made");
            assertTrue(gone.isDone() || gone.err().contains("There is no topic 'made'"), gone.err());
            cluster.awaitClean(3);
        });
    }

    @Test
    void leadersAreHandedOver() throws Exception {
        operate(3, 3, (cluster, admin) -> {
            String before = folder.resolve("before.json").toString();
            int controller = cluster.controller();
            cluster.struck(() -> controller, "cluster", "drain", Integer.toString(controller), "--save", before);
            cluster.startAll();
            cluster.done("cluster", "drain", Integer.toString(controller));
            assertTrue(partitions(admin, MOVED).stream().noneMatch(each -> each.leader().id() == controller));
            cluster.struck(() -> 1 + controller % 3, "cluster", "reassign", "--plan", before);
            cluster.startAll();
            cluster.done("cluster", "reassign", "--plan", before, "--watch");
            assertEquals(List.copyOf(placed(3).values()), replicas(admin, MOVED));

            cluster.kill(cluster.controller());
            try {
                admin.electLeaders(ElectionType.PREFERRED, null).partitions().get();
            } catch (ExecutionException e) {
                System.out.println("  elections while the controller is gone: " + e.getCause());
            }
            cluster.startAll();
            cluster.done("cluster", "drain", Integer.toString(controller), "--undo");
            cluster.awaitClean(3);
            admin.electLeaders(ElectionType.PREFERRED, null).partitions().get();
            OperatedCluster.await(() -> {
                for (TopicPartitionInfo each : partitions(admin, MOVED)) {
                    assertEquals(each.replicas().getFirst().id(), each.leader().id());
                }
            });
        });
    }
}
