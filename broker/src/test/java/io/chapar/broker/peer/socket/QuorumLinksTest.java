package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.MetadataLog.Refused;
import io.chapar.broker.metadata.MetadataLog.Unknown;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.quorum.ControllerLink;
import io.chapar.broker.metadata.quorum.Membership;
import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.Matter;
import io.chapar.broker.peer.PeerSecret;
import io.chapar.protocol.ErrorCode;
import io.chapar.testing.FreePorts;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Voters that know of each other by a list alone become a quorum, and decide, over real sockets.
@Timeout(300)
final class QuorumLinksTest {
    private static final PeerSecret SECRET = PeerSecret.of("what these voters know".getBytes(StandardCharsets.UTF_8));

    /// Longer than voters wait for each other.
    private static final long HELD_MS = 4_000;
    private static final UUID CLUSTER = new UUID(5, 5);

    @TempDir
    Path folder;

    private final SortedMap<Integer, HostPort> listed = new TreeMap<>();
    private final SortedMap<Integer, HostPort> voters = new TreeMap<>();
    private final Map<Integer, VoterNode> nodes = new TreeMap<>();

    @BeforeEach
    void list() throws Exception {
        for (int node = 1; node <= 3; node++) {
            for (SortedMap<Integer, HostPort> where : List.of(listed, voters)) {
                where.put(node, new HostPort("127.0.0.1", FreePorts.one()));
            }
        }
    }

    @AfterEach
    void stop() {
        VoterNode.closeAll(nodes.values());
    }

    private VoterNode start(int id) throws Exception {
        VoterNode node = new VoterNode(id, listed, voters, SECRET, folder.resolve("node" + id));
        nodes.put(id, node);
        return node;
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(2))
                .until(condition);
    }

    private static <R> R committed(CompletableFuture<Proposed<R>> proposed) throws Exception {
        return switch (soon(proposed)) {
            case Committed<R> done -> done.result();
            case Refused<R> refused -> throw new AssertionError(refused);
            case Unknown<R> unknown -> throw new AssertionError(unknown);
        };
    }

    private static <T> T soon(CompletableFuture<T> future) throws Exception {
        return future.get(60, TimeUnit.SECONDS);
    }

    @Test
    void votersFoundAQuorumDecideLoseOneAndTakeItBack() throws Exception {
        for (int id = 1; id <= 3; id++) {
            start(id);
        }
        List<Membership> memberships = new ArrayList<>();
        for (VoterNode node : nodes.values()) {
            memberships.add(node.join());
        }
        assertEquals(memberships.getFirst(), memberships.get(1));
        assertEquals(memberships.getFirst(), memberships.get(2));

        decideAtEach();
        await(() -> nodes.values().stream().filter(this::controls).count() == 1);
        refuseWhatIsTooLarge();
        VoterNode gone = nodes.values().stream().filter(this::controls).findFirst().orElseThrow();
        gone.close();
        nodes.remove(gone.id);
        decideAtEach();
        for (VoterNode left : nodes.values()) {
            Suspect suspect = left.suspects.poll(30, TimeUnit.SECONDS);
            assertEquals(new Suspect(gone.id, gone.incarnation,
                    left.log().image().brokers().get(gone.id).epoch(), Evidence.REFUSED), suspect);
        }

        VoterNode again = start(gone.id);
        assertEquals(memberships.getFirst(), again.join());
        decideAtEach();
    }

    /// Wherever it is asked for.
    private void refuseWhatIsTooLarge() throws Exception {
        DeleteTopics large = new DeleteTopics(List.of(new TopicRef("t".repeat(Matter.PROPOSAL.mostBytes()), null)));
        for (VoterNode node : nodes.values()) {
            assertEquals(ErrorCode.POLICY_VIOLATION,
                    assertInstanceOf(Refused.class, soon(node.propose(large))).error());
        }
    }

    private boolean controls(VoterNode node) {
        try {
            return node.controls();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /// Each registers and takes ids; all show the same then.
    private void decideAtEach() throws Exception {
        List<CompletableFuture<?>> registered = new ArrayList<>();
        for (VoterNode node : nodes.values()) {
            registered.add(node.propose(node.registration()));
        }
        for (CompletableFuture<?> one : registered) {
            assertInstanceOf(Committed.class, soon(one));
        }
        List<Long> first = new ArrayList<>();
        for (VoterNode node : nodes.values()) {
            ProducerIdBlock block = committed(node.propose(new TakeProducerIds(10)));
            first.add(block.first());
        }
        assertEquals(first.stream().sorted().distinct().toList(), first, "each has ids of its own");
        VoterNode one = nodes.values().iterator().next();
        for (VoterNode node : nodes.values()) {
            await(() -> node.log().image().equals(one.log().image()));
            assertTrue(node.log().image().brokers().keySet().containsAll(nodes.keySet()));
        }
    }

    /// As where each has thousands of partitions, and one of the brokers dies.
    @Test
    void votersHearEachOtherWhileAllOtherLoopsAreHeld() throws Exception {
        for (int id = 1; id <= 3; id++) {
            start(id);
        }
        for (VoterNode node : nodes.values()) {
            node.join();
        }
        boolean heard = false;
        // Of a machine that stands still for so long itself nothing can be said.
        for (int i = 0; i < 4 && !heard; i++) {
            await(() -> nodes.values().stream().anyMatch(this::controls));
            heard = hearEachOtherWhileHeld();
        }
        assertTrue(heard);
    }

    private boolean hearEachOtherWhileHeld() {
        CountDownLatch released = new CountDownLatch(1);
        for (VoterNode node : nodes.values()) {
            node.loop.execute(() -> awaitUninterruptibly(released));
        }
        long heldNs = System.nanoTime();
        try {
            Awaitility.await().pollDelay(Duration.ofMillis(HELD_MS)).atMost(Duration.ofMillis(2 * HELD_MS))
                    .until(() -> nodes.values().stream().anyMatch(node -> hearsOthers(node,
                            TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - heldNs) - HELD_MS / 2)));
            return true;
        } catch (ConditionTimeoutException e) {
            return false;
        } finally {
            released.countDown();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch released) {
        try {
            assertTrue(released.await(60, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Whether it leads, and has heard both others within that time.
    private static boolean hearsOthers(VoterNode node, long withinMs) {
        MetadataQuorum quorum = node.log().quorum();
        return quorum != null && quorum.isLedBy(node.id) && quorum.voters().stream()
                .filter(voter -> voter.silentMs() >= 0 && voter.silentMs() < withinMs).count() == 3;
    }

    // ---- what is not there yet

    @Test
    void beforeThereIsAClusterOnlyVotersSpeak() throws Exception {
        VoterNode one = start(1);
        VoterNode two = start(2);
        // Three does not come: nobody begins.
        CompletableFuture<ByteBuffer> heard = new CompletableFuture<>();
        one.loop.execute(() -> one.links.say(2, ByteBuffer.wrap(new byte[3]), 30_000, one.loop,
                told -> heard.complete(told == null ? ByteBuffer.allocate(0) : told)));
        assertEquals(0, soon(heard).remaining(), "nonsense is not answered");
        assertInstanceOf(ControllerLink.NotSent.class, soon(handOver(one, 2, 100, 30_000)), "it has no cluster");
        one.peers.belongTo(CLUSTER);
        assertInstanceOf(ControllerLink.NotSent.class, soon(handOver(one, 2, 100, 30_000)), "the other has none");
        two.peers.belongTo(CLUSTER);
        await(() -> soon(handOver(one, 2, 100, 30_000)) instanceof ControllerLink.NotSent);
        assertNull(one.suspects.poll(), "nothing can be said of a life that nobody knows");
        assertInstanceOf(ControllerLink.NotSent.class, soon(handOver(one, 3, 100, 30_000)), "nobody is there");

        two.host.controller((proposal, _, answer) -> answer.accept(proposal));
        await(() -> soon(handOver(one, 2, 100, 30_000)).equals(
                new ControllerLink.Answered(ByteBuffer.wrap(new byte[100]))));
        int most = Matter.PROPOSAL.mostBytes();
        assertEquals(new ControllerLink.Answered(ByteBuffer.wrap(new byte[most])),
                soon(handOver(one, 2, most, 30_000)));
        assertEquals(new ControllerLink.TooLarge(most), soon(handOver(one, 2, most + 1, 30_000)));
        assertInstanceOf(ControllerLink.NotSent.class, soon(handOver(one, 2, 100, 0)));

        two.host.controller((_, _, _) -> { });
        assertInstanceOf(ControllerLink.NotKnown.class, soon(handOver(one, 2, 100, 200)));
    }

    private static CompletableFuture<ControllerLink.Ended> handOver(VoterNode from, int to, int bytes, long withinMs) {
        CompletableFuture<ControllerLink.Ended> done = new CompletableFuture<>();
        from.links.handOver(to, ByteBuffer.wrap(new byte[bytes]), withinMs, from.loop, ended -> {
            if (!from.loop.inLoop() || !done.complete(ended)) {
                done.obtrudeException(new AssertionError("twice, or elsewhere"));
            }
        });
        return done;
    }
}
