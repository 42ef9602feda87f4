package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.LinkRefusal;
import io.chapar.broker.peer.PeerSecret;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.ToFollower;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.testing.FreePorts;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Links between brokers on real sockets.
@Timeout(60)
final class NettyPeersTest {
    private static final PeerSecret SECRET = PeerSecret.of("what these brokers know".getBytes(StandardCharsets.UTF_8));
    private static final long SOON_MS = 30_000;

    private final List<PeerNode> nodes = new ArrayList<>();

    private PeerNode start(int id, int loops, PeerSecret secret) {
        return start(id, loops, secret, 0);
    }

    private PeerNode start(int id, int loops, PeerSecret secret, int port) {
        PeerNode node = new PeerNode(id, loops, secret, port);
        nodes.add(node);
        return node;
    }

    @AfterEach
    void stop() {
        nodes.forEach(PeerNode::close);
    }

    private static <T> T soon(CompletableFuture<T> future) throws Exception {
        return future.get(SOON_MS, TimeUnit.MILLISECONDS);
    }

    private static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        T one = queue.poll(SOON_MS, TimeUnit.MILLISECONDS);
        assertNotNull(one, "nothing came");
        return one;
    }

    // ---- questions

    @Test
    void brokersAskEachOtherFromAllTheirLoops() throws Exception {
        PeerNode one = start(1, 2, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode three = start(3, 2, SECRET);
        PeerNode.meet(one, two, three);
        List<CompletableFuture<Peers.Asked>> asked = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            asked.add(one.ask(two, i % 2, i, SOON_MS));
            asked.add(two.ask(three, 0, i, SOON_MS));
            asked.add(three.ask(one, i % 2, i, SOON_MS));
        }
        for (int i = 0; i < 300; i++) {
            assertEquals(new Peers.Answered(PeerNode.answer(i / 3)), soon(asked.get(i)));
        }
        RequestContext visit = next(two.begun);
        assertEquals(Caller.BROKER, visit.principal());
        assertEquals("broker 1", visit.clientId());
        assertEquals("127.0.0.1", visit.clientHost());
    }

    /// Some may take it for a voter that it was, or will be.
    @Test
    void whoIsNoVoterHearsThemOnTheLoopsThatItHas() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        two.behind.voters((_, said, answer) -> {
            assertTrue(two.loop(0).inLoop(), "it has no other");
            answer.accept(said);
        });
        for (int i = 0; i < 2; i++) {
            CompletableFuture<ByteBuffer> heard = new CompletableFuture<>();
            new QuorumLinks(one.peers).say(2, ByteBuffer.wrap(new byte[] {7}), SOON_MS, one.loop(0),
                    told -> heard.complete(told == null ? ByteBuffer.allocate(0) : told));
            assertEquals(ByteBuffer.wrap(new byte[] {7}), soon(heard));
        }
    }

    @Test
    void aQuestionBeginsWhenAsMuchOfTheClusterIsKnownAsWhereItComesFrom() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        one.image.set(5);
        two.image.set(4);
        CompletableFuture<Peers.Asked> asked = one.ask(two, 0, 2, SOON_MS);
        assertEquals(0, two.begun.size());
        two.image.set(5);
        two.images.reached(5);
        assertEquals(new Peers.Answered(PeerNode.answer(2)), soon(asked));
        assertEquals(1, two.begun.size());
    }

    @Test
    void aQuestionThatWaitsToBeginEndsWithItsLink() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        one.image.set(5);
        var _ = one.ask(two, 0, 2, SOON_MS);
        one.image.set(0);
        soon(one.ask(two, 0, 3, SOON_MS));
        next(two.begun);
        one.close();
        next(two.suspects);
        two.image.set(5);
        two.images.reached(5);
        CompletableFuture<Integer> begun = new CompletableFuture<>();
        two.loop(0).execute(() -> begun.complete(two.begun.size()));
        assertEquals(0, soon(begun));
    }

    @Test
    void theTimeThatIsLeftTravelsWithTheQuestion() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        two.host = (_, context) -> context.reply(AddPartitionsToTxnResponse.DEFAULT);
        soon(one.ask(two, 0, AddPartitionsToTxnRequest.DEFAULT, (short) 5, 50_000));
        long leftMs = next(two.begun).caller().deadlineMs() - two.loop(0).nowMs();
        assertTrue(leftMs > 10_000 && leftMs <= 50_000, leftMs + " ms are left");
        assertInstanceOf(Peers.Unsent.class, soon(one.ask(two, 0, MetadataRequest.DEFAULT, (short) 12, SOON_MS)));
    }

    @Test
    void aBrokerThatGoesIsNoticedAndOneThatComesBackIsAsked() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET, FreePorts.one());
        PeerNode.meet(one, two);
        soon(one.ask(two, 0, 1, SOON_MS));
        two.host = (_, _) -> { };
        CompletableFuture<Peers.Asked> parked = one.ask(two, 0, 2, SOON_MS);
        next(two.begun);
        next(two.begun);
        two.close();
        assertInstanceOf(Peers.Lost.class, soon(parked));
        // Whoever asks is told at once; the evidence needs two refusals.
        Suspect suspect = null;
        while (suspect == null) {
            assertInstanceOf(Peers.Unsent.class, soon(one.ask(two, 0, 3, SOON_MS)));
            suspect = one.suspects.poll(10, TimeUnit.MILLISECONDS);
        }
        assertEquals(new Suspect(2, two.incarnation, suspect.epoch(), Evidence.REFUSED), suspect);
        PeerNode again = start(2, 1, SECRET, two.address.port());
        PeerNode.meet(one, again);
        assertEquals(new Peers.Answered(PeerNode.answer(4)), soon(one.ask(again, 0, 4, SOON_MS)));
    }

    @Test
    void whatIsNotAnsweredEndsAtItsDeadline() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        assertInstanceOf(Peers.Answered.class, soon(one.ask(two, 0, 1, SOON_MS)), "they are linked");
        two.host = (_, _) -> { };
        assertInstanceOf(Peers.Lost.class, soon(one.ask(two, 0, 2, 300)));
        one.peers.close();
        assertInstanceOf(Peers.Unsent.class, soon(one.ask(two, 0, 3, SOON_MS)));
    }

    @Test
    void whoseConnectionEndsIsToldWhatItAskedFor() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        CompletableFuture<String> gone = new CompletableFuture<>();
        two.host = (_, context) -> context.onDisconnect(() -> gone.complete("gone"));
        CompletableFuture<Peers.Asked> parked = one.ask(two, 0, 1, SOON_MS);
        next(two.begun);
        one.peers.close();
        assertEquals("gone", soon(gone));
        assertEquals(new Peers.Lost("this broker stops"), soon(parked));
    }

    /// Who asks nobody finds out all the same, by the links that end.
    @Test
    void aBrokerWhoseLinkEndsIsLookedFor() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        assertInstanceOf(Peers.Answered.class, soon(two.ask(one, 0, 1, SOON_MS)));
        two.close();
        Suspect suspect = next(one.suspects);
        assertEquals(new Suspect(2, two.incarnation, suspect.epoch(), Evidence.REFUSED), suspect);
    }

    @Test
    void heartbeatsSayWhoseTheyAre() throws Exception {
        PeerNode one = start(1, 2, SECRET);
        PeerNode two = start(2, 1, SECRET);
        long epoch = PeerNode.meet(one, two).brokers().get(1).epoch();
        BrokerHeartbeatRequest beat = BrokerHeartbeatRequest.builder().brokerId(1).brokerEpoch(7).build();
        assertInstanceOf(Peers.Unsent.class, soon(one.ask(two, 1, beat, (short) 1, SOON_MS)), "nobody hears it yet");
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        two.behind.heartbeats((heartbeat, node, life, answer) -> {
            heard.add(heartbeat.brokerEpoch() + " of " + node + " in " + life);
            answer.accept(BrokerHeartbeatResponse.builder().isFenced(true).build());
            answer.accept(BrokerHeartbeatResponse.DEFAULT);
        });
        assertEquals(new Peers.Answered(BrokerHeartbeatResponse.builder().isFenced(true).build()),
                soon(one.ask(two, 1, beat, (short) 1, SOON_MS)), "the first answer is the answer");
        assertEquals("7 of 1 in " + epoch, next(heard));
        BrokerHeartbeatRequest ofAnother = BrokerHeartbeatRequest.builder().brokerId(3).brokerEpoch(7).build();
        assertInstanceOf(Peers.Unsent.class, soon(one.ask(two, 1, ofAnother, (short) 1, SOON_MS)));
        assertEquals(0, heard.size(), "a broker speaks for itself alone");
        assertEquals(0, two.begun.size(), "it is no request of others");
        two.behind.requests(null);
        assertInstanceOf(Peers.Unsent.class, soon(one.ask(two, 1, 1, SOON_MS)), "nobody is there any more");
    }

    // ---- who may link

    @Test
    void withoutTheSecretNothingIsAsked() throws Exception {
        PeerNode one = start(1, 1, PeerSecret.of("something else entirely".getBytes(StandardCharsets.UTF_8)));
        PeerNode two = start(2, 1, SECRET);
        PeerNode three = start(3, 1, null);
        PeerNode.meet(one, two, three);
        for (PeerNode node : List.of(one, three)) {
            assertEquals(new Peers.Unsent("broker 2 and this broker do not link: " + LinkRefusal.WRONG_SECRET.why()),
                    soon(node.ask(two, 0, 1, SOON_MS)));
        }
        assertEquals(0, two.begun.size());
    }

    @Test
    void strangersDoNotKeepBrokersOut() throws Exception {
        PeerNode one = start(1, 1, SECRET);
        PeerNode two = start(2, 1, SECRET);
        PeerNode.meet(one, two);
        List<Socket> strangers = new ArrayList<>();
        try {
            for (int i = 0; i < 3 * NettyPeers.MOST_STRANGERS; i++) {
                Socket stranger = new Socket(two.address.host(), two.address.port());
                strangers.add(stranger);
            }
            assertInstanceOf(Peers.Answered.class, soon(one.ask(two, 0, 1, SOON_MS)));
            assertTrue(two.peers.strangers() <= NettyPeers.MOST_STRANGERS, two.peers.strangers() + " strangers");
            Socket last = strangers.getLast();
            last.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
            assertEquals(-1, last.getInputStream().read(), "a length that no hello has");
        } finally {
            for (Socket stranger : strangers) {
                stranger.close();
            }
        }
    }

    @Test
    void withoutASecretThePortIsOfThisMachineAlone(@TempDir Path folder) throws IOException {
        LinkLimits limits = LinkLimits.of(1 << 20);
        assertThrows(IllegalArgumentException.class,
                () -> new PeerSettings(new HostPort("0.0.0.0", 9093), null, false, limits));
        assertThrows(IllegalArgumentException.class,
                () -> new PeerSettings(new HostPort("", 9093), null, false, limits));
        assertEquals(9093, new PeerSettings(new HostPort("", 9093), null, true, limits).address().getPort());
        assertEquals(9093, new PeerSettings(new HostPort("0.0.0.0", 9093), SECRET, false, limits).listener().port());
        Path file = folder.resolve("secret");
        Files.writeString(file, "too short\n");
        assertThrows(IllegalArgumentException.class, () -> PeerSettings.secretIn(file));
        Files.writeString(file, "long enough to be one\n");
        assertNotNull(PeerSettings.secretIn(file));
        Files.write(file, new byte[PeerSecret.LONGEST + 1]);
        assertThrows(IllegalArgumentException.class, () -> PeerSettings.secretIn(file));
    }

    // ---- followers

    /// What a follower is told.
    private static final class Heard implements FollowStreams.Events {
        private final CompletableFuture<Integer> begun = new CompletableFuture<>();
        private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
        private final CompletableFuture<String> ended = new CompletableFuture<>();

        @Override
        public void begun(int leaderLoops) {
            begun.complete(leaderLoops);
        }

        @Override
        public void received(int leaderLoop, List<ToFollower> frame) {
            for (ToFollower message : frame) {
                Batches batches = (Batches) message;
                ByteBuffer bytes = batches.bytes();
                received.add(leaderLoop + " " + batches.slot() + " " + bytes.remaining() + " " + bytes.hashCode());
            }
        }

        @Override
        public void ended(String why) {
            ended.complete(why);
        }
    }

    private static FollowStreams.Link open(PeerNode follower, PeerNode leader, Heard heard) throws Exception {
        CompletableFuture<FollowStreams.Link> opened = new CompletableFuture<>();
        follower.loop(1).execute(() -> opened.complete(
                follower.peers.open(leader.id, follower.loop(1), heard)));
        return soon(opened);
    }

    @Test
    void streamsOfAllLoopsGoOverOneLink() throws Exception {
        PeerNode leader = start(1, 2, SECRET);
        PeerNode follower = start(2, 2, SECRET);
        PeerNode.meet(leader, follower);
        Heard heard = new Heard();
        FollowStreams.Link link = open(follower, leader, heard);
        assertEquals(2, soon(heard.begun));
        PeerNode.Arrived arrived = next(leader.followers);
        assertEquals(2, arrived.who().node());
        assertEquals(1, arrived.who().loop());
        assertTrue(arrived.who().epoch() > 0, "it knows of its registration");

        follower.loop(1).execute(() -> link.send(1, List.of(new Credit(7), new Acknowledge(3, 4, 0))));
        assertEquals("1 " + List.of(new Credit(7), new Acknowledge(3, 4, 0)), next(leader.said));

        ByteBuffer batches = ByteBuffer.allocateDirect(1 << 20);
        while (batches.hasRemaining()) {
            batches.putInt(batches.position());
        }
        batches.flip();
        for (int loop = 0; loop < 2; loop++) {
            int stream = loop;
            leader.loop(loop).execute(() -> {
                for (int slot = 0; slot < 6; slot++) {
                    arrived.back().send(stream, List.of(new Batches(slot, 0, 1, 1, 0, batches),
                            new Batches(slot, 1, 2, 1, 0, batches.slice(0, 100))));
                }
            });
        }
        List<String> came = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            came.add(next(heard.received));
        }
        for (int loop = 0; loop < 2; loop++) {
            String stream = loop + " ";
            List<String> expected = new ArrayList<>();
            for (int slot = 0; slot < 6; slot++) {
                expected.add(stream + slot + " " + (1 << 20) + " " + batches.hashCode());
                expected.add(stream + slot + " 100 " + batches.slice(0, 100).hashCode());
            }
            assertEquals(expected, came.stream().filter(one -> one.startsWith(stream)).toList());
        }
        leader.loop(0).execute(() -> arrived.back().end("enough"));
        assertNotNull(soon(heard.ended));
        assertEquals("ended", next(leader.said));
    }

    @Test
    void aLinkThatIsClosedOrCannotBeginEnds() throws Exception {
        PeerNode leader = start(1, 1, SECRET);
        PeerNode follower = start(2, 2, SECRET);
        PeerNode.meet(leader, follower);
        Heard heard = new Heard();
        FollowStreams.Link link = open(follower, leader, heard);
        soon(heard.begun);
        follower.loop(1).execute(link::close);
        assertEquals("ended", next(leader.said));
        leader.close();
        Heard refused = new Heard();
        open(follower, leader, refused);
        assertNotNull(soon(refused.ended));
        assertEquals(Evidence.REFUSED, next(follower.suspects).evidence(), "who followed in vain looks");
        assertTrue(!heard.ended.isDone(), "whoever closes hears nothing");
    }
}
