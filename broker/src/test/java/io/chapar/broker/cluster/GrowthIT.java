package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.QuorumRepair;
import io.chapar.broker.RemovedException;
import io.chapar.broker.config.BrokerStartException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DuplicateVoterException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.VoterNotFoundException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

import static io.chapar.broker.cluster.GrowingCluster.await;
import static io.chapar.broker.cluster.GrowingCluster.voters;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker that had no others becomes one of three, with all that it has, and none again; and what is left after a
/// majority was lost goes on.
@Timeout(600)
class GrowthIT {
    private static final List<Integer> ALL = List.of(1, 2, 3);

    @TempDir
    Path folder;

    private GrowingCluster cluster;

    @BeforeEach
    void begin() {
        cluster = new GrowingCluster(folder);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private void create(int node, String topic, int replicas) throws Exception {
        try (Admin admin = Admin.create(cluster.clients(node))) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) replicas))).all().get();
        }
    }

    private void awaitVoters(int node, List<Integer> voters) {
        try (Admin admin = Admin.create(cluster.clients(node))) {
            await(() -> voters(admin).equals(voters));
        }
    }

    private void awaitInSync(int node, List<Integer> brokers) {
        try (Admin admin = Admin.create(cluster.clients(node))) {
            Awaitility.await().ignoreExceptions().untilAsserted(() -> {
                TopicPartitionInfo kept = admin.describeTopics(List.of("kept")).allTopicNames().get().get("kept")
                        .partitions().getFirst();
                assertEquals(brokers, kept.isr().stream().map(Node::id).sorted().toList(), kept::toString);
            });
        }
    }

    @Test
    @Tag("nightly")
    void whatABrokerAloneHadIsThereWhenItIsOneOfThreeAndAloneAgain() throws Exception {
        String id = cluster.start(1, List.of()).clusterId();
        create(1, "old", 1);
        cluster.write(1, "old", "alone");
        cluster.stop(1);

        cluster.startAll(ALL, ALL);
        ALL.forEach(node -> assertEquals(id, cluster.broker(node).clusterId()));
        assertEquals(List.of("alone"), cluster.read(3, "old", 1));
        assertFalse(Files.exists(folder.resolve("node-1/metadata.log")));
        assertTrue(Files.exists(folder.resolve("node-1/metadata.log.before-quorum")));
        awaitVoters(2, ALL);
        cluster.write(3, "old", "one of three");

        // The one that it all came from goes: the others have the metadata, and decide.
        cluster.stop(1);
        try (Admin admin = Admin.create(cluster.clients(2))) {
            await(() -> admin.describeMetadataQuorum().quorumInfo().get().leaderId() > 1);
            create(2, "later", 2);
        }
        cluster.write(2, "later", "two");
        cluster.start(1, ALL);
        assertEquals(List.of("alone", "one of three"), cluster.read(2, "old", 2));

        takeOutTheOthers();
        cluster.stop(1);
        assertEquals("The data folder '" + cluster.folder(1) + "': 1 partitions have other replicas than the one at"
                + " broker 1 (later-0); move them first.", assertThrows(BrokerStartException.FolderNotUsable.class,
                () -> QuorumRepair.export(cluster.folder(1))).getMessage());
        cluster.start(1, List.of(1));
        try (Admin admin = Admin.create(cluster.clients(1))) {
            admin.deleteTopics(List.of("later")).all().get();
        }
        cluster.stop(1);
        assertEquals(List.of(1), QuorumRepair.export(cluster.folder(1)).voters());
        assertEquals(id, cluster.start(1, List.of()).clusterId());
        cluster.write(1, "old", "alone again");
        assertEquals(List.of("alone", "one of three", "alone again"), cluster.read(1, "old", 3));
    }

    /// The short form: a voter, and a broker that is told by it.
    @Test
    void aBrokerAloneGetsAnotherThatDoesNotVoteAndIsAloneAgain() throws Exception {
        String id = cluster.start(1, List.of()).clusterId();
        create(1, "old", 1);
        cluster.write(1, "old", "alone");
        cluster.stop(1);

        cluster.start(1, List.of(1));
        cluster.start(2, List.of(1));
        // It alone is asked: what it does not decide itself goes to the controller.
        try (Admin admin = Admin.create(cluster.clients(2))) {
            assertEquals(List.of(1), voters(admin));
            assertEquals(2, admin.describeCluster().nodes().get().size());
            admin.createTopics(List.of(new NewTopic("both", Map.of(0, List.of(2, 1), 1, List.of(1, 2)))
                    .configs(Map.of("min.insync.replicas", "2")))).all().get();
            await(() -> partitions(admin).stream().map(one -> one.leader().id())
                    .collect(Collectors.toSet()).equals(Set.of(1, 2)));
            cluster.write(2, "both", "first");
            assertEquals(List.of("alone"), cluster.read(2, "old", 1));
            // It comes back in another life.
            cluster.stop(2);
        }
        cluster.start(2, List.of(1));
        try (Admin admin = Admin.create(cluster.clients(2))) {
            await(() -> partitions(admin).stream().filter(one -> one.isr().size() == 2).count() == 2);
            cluster.write(2, "both", "second");
            admin.deleteTopics(List.of("both")).all().get();
        }
        cluster.stop(2);
        cluster.stop(1);
        assertEquals(List.of(1, 2), QuorumRepair.export(cluster.folder(1)).brokers());
        assertEquals(id, cluster.start(1, List.of()).clusterId());
        cluster.write(1, "old", "alone again");
        assertEquals(List.of("alone", "alone again"), cluster.read(1, "old", 2));
        assertThrows(BrokerStartException.FolderOfAnother.class, () -> cluster.start(2, List.of()));
    }

    /// None while the broker that is asked has not heard of the topic: any of them may be.
    private static List<TopicPartitionInfo> partitions(Admin admin) throws Exception {
        try {
            return admin.describeTopics(List.of("both")).allTopicNames().get().get("both").partitions();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return List.of();
            }
            throw e;
        }
    }

    /// Voters whose folder is empty, or that were started with another list; then two of three are lost for good.
    @Test
    @Tag("nightly")
    void whatIsLeftOfThreeGoesOn() throws Exception {
        cluster.startAll(ALL, ALL);
        awaitVoters(1, ALL);
        create(1, "kept", 3);
        cluster.write(1, "kept", "three");

        cluster.stop(3);
        Files.move(cluster.folder(3), folder.resolve("lost-3"));
        String refusal = assertThrows(BrokerStartException.ClusterNotJoined.class, () -> cluster.start(3, ALL))
                .getMessage();
        assertTrue(refusal.contains("belongs to a cluster that counts on another folder of node 3"), refusal);
        refusal = assertThrows(BrokerStartException.ClusterNotJoined.class, () -> {
            cluster.stop(2);
            cluster.start(2, List.of(1, 3));
        }).getMessage();
        assertTrue(refusal.contains("node 2 is one of the voters of this cluster, and the list"), refusal);
        cluster.start(2, ALL);
        try (Admin admin = Admin.create(cluster.clients(1))) {
            await(() -> admin.describeMetadataQuorum().quorumInfo().get().leaderId() >= 1);
            Uuid old = admin.describeMetadataQuorum().quorumInfo().get().voters().stream()
                    .filter(each -> each.replicaId() == 3).findFirst().orElseThrow().replicaDirectoryId();
            admin.removeRaftVoter(3, old).all().get();
        }
        cluster.start(3, ALL);
        awaitVoters(1, ALL);
        cluster.write(1, "kept", "three again");
        // Who stops is not in sync any more, and whoever is then may be the only one: it must not be the lost one.
        awaitInSync(1, ALL);
        cluster.stop(2);
        awaitInSync(1, List.of(1, 3));
        cluster.stop(3);
        cluster.close();

        QuorumRepair.Known known = QuorumRepair.look(cluster.folder(1));
        assertEquals(ALL, known.voters());
        assertEquals(known, QuorumRepair.recover(cluster.folder(1)));
        assertTrue(Files.exists(cluster.folder(1).resolve("quorum.before-recovery")));
        QuorumRepair.forget(cluster.folder(3));
        refusal = assertThrows(BrokerStartException.FolderOfAnother.class, () -> cluster.start(1, List.of()))
                .getMessage();
        assertTrue(refusal.endsWith("has the metadata of a cluster; start it with --quorum."),
                refusal);
        cluster.startAll(List.of(1, 3), List.of(1, 3));
        awaitVoters(1, List.of(1, 3));
        awaitInSync(3, List.of(1, 3));
        assertEquals(List.of("three", "three again"), cluster.read(3, "kept", 2));
        cluster.write(3, "kept", "two");
        // The lost one comes back after all: its quorum is gone, and with the new one it has nothing to do.
        QuorumRepair.forget(cluster.folder(2));
        cluster.start(2, List.of(1, 3));
        assertEquals(List.of("three", "three again", "two"), cluster.read(2, "kept", 3));
    }

    /// One that was taken out is another voter when it comes back; one that the others do not name is let in by
    /// request.
    @Test
    @Tag("nightly")
    void votersComeAndGo() throws Exception {
        cluster.startAll(ALL, ALL);
        awaitVoters(1, ALL);
        try (Admin admin = Admin.create(cluster.clients(1))) {
            Uuid before = folder(admin, 3);
            admin.removeRaftVoter(3, before).all().get();
            await(() -> cluster.broker(3).failure().isDone());
            cluster.stop(3);
            cluster.start(3, ALL);
            await(() -> voters(admin).equals(ALL));
            assertNotEquals(before, folder(admin, 3));
            assertTrue(Files.exists(cluster.folder(3).resolve("quorum.before-removal")));

            Set<RaftVoterEndpoint> at = Set.of(new RaftVoterEndpoint("QUORUM", "127.0.0.1", cluster.quorumPort(4)));
            assertInstanceOf(InvalidRequestException.class, assertThrows(ExecutionException.class,
                    () -> admin.addRaftVoter(4, Uuid.ZERO_UUID, at).all().get()).getCause());
            CompletableFuture<Broker> fourth = CompletableFuture.supplyAsync(
                    () -> cluster.start(4, List.of(1, 2, 3, 4)), Thread::startVirtualThread);
            await(() -> {
                admin.addRaftVoter(4, Uuid.ZERO_UUID, at).all().get();
                return true;
            });
            fourth.get(60, TimeUnit.SECONDS);
            assertEquals(List.of(1, 2, 3, 4), voters(admin));
            assertInstanceOf(DuplicateVoterException.class, assertThrows(ExecutionException.class,
                    () -> admin.addRaftVoter(4, Uuid.ZERO_UUID, at).all().get()).getCause());
        }
    }

    /// Whichever voter goes, it is told by another.
    @Test
    @Tag("nightly")
    void aBrokerThatDoesNotVoteFindsAnotherVoter() throws Exception {
        cluster.startAll(ALL, ALL);
        cluster.start(4, ALL);
        try (Admin admin = Admin.create(cluster.clients(4))) {
            await(() -> voters(admin).equals(ALL));
            assertEquals(List.of(4), admin.describeMetadataQuorum().quorumInfo().get().observers().stream()
                    .map(QuorumInfo.ReplicaState::replicaId).toList());
            for (int gone : ALL) {
                cluster.stop(gone);
                String topic = "without-" + gone;
                await(() -> {
                    if (!admin.listTopics().names().get().contains(topic)) {
                        admin.createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(4))))).all().get();
                    }
                    return true;
                });
                cluster.write(4, topic, "value");
                cluster.start(gone, ALL);
            }
        }
    }

    private static Uuid folder(Admin admin, int node) throws Exception {
        return admin.describeMetadataQuorum().quorumInfo().get().voters().stream()
                .filter(each -> each.replicaId() == node).findFirst().orElseThrow().replicaDirectoryId();
    }

    private void takeOutTheOthers() throws Exception {
        try (Admin admin = Admin.create(cluster.clients(1))) {
            ExecutionException unknown = assertThrows(ExecutionException.class,
                    () -> admin.removeRaftVoter(2, Uuid.ONE_UUID).all().get());
            assertInstanceOf(VoterNotFoundException.class, unknown.getCause());
            for (int node = 2; node <= 3; node++) {
                int one = node;
                QuorumInfo.ReplicaState voter = admin.describeMetadataQuorum().quorumInfo().get().voters().stream()
                        .filter(each -> each.replicaId() == one).findFirst().orElseThrow();
                admin.removeRaftVoter(one, voter.replicaDirectoryId()).all().get();
                // It ends by itself, and says why.
                await(() -> cluster.broker(one).failure().isDone());
                Throwable why = assertInstanceOf(RemovedException.class, cluster.broker(one).failure().get());
                assertTrue(why.getMessage().startsWith(
                        "Broker " + one + " was taken out of the metadata quorum."));
                cluster.stop(one);
                await(() -> admin.describeMetadataQuorum().quorumInfo().get().leaderId() >= 1);
            }
            assertEquals(List.of(1), voters(admin));
        }
    }
}
