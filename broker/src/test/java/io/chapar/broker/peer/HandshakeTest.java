package io.chapar.broker.peer;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;

import static io.chapar.broker.peer.LinkWorld.greeting;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/// Who links with whom. Broker 1 dials.
final class HandshakeTest {
    private static final PeerSecret ONE = secret("the one secret of all");
    private static final PeerSecret OTHER = secret("another secret of all");
    private static final Greeting ELSEWHERE = new Greeting(new UUID(8, 8), 2, new UUID(2, 1), 12, 2, 0);

    private static PeerSecret secret(String text) {
        return PeerSecret.of(text.getBytes(StandardCharsets.UTF_8));
    }

    /// What each is, and why they do not link.
    private static Stream<Arguments> hellos() {
        return Stream.of(
                arguments(greeting(1), null, 2, greeting(2), null, null),
                arguments(greeting(1), ONE, 2, greeting(2), ONE, null),
                arguments(greeting(1), ONE, 2, greeting(2), secret("the one secret of all"), null),
                arguments(greeting(1), ONE, 2, greeting(2), OTHER, LinkRefusal.WRONG_SECRET),
                arguments(greeting(1), null, 2, greeting(2), ONE, LinkRefusal.WRONG_SECRET),
                arguments(greeting(1), ONE, 2, greeting(2), null, LinkRefusal.WRONG_SECRET),
                arguments(greeting(1), ONE, 2, ELSEWHERE, ONE, LinkRefusal.OTHER_CLUSTER),
                arguments(greeting(1), ONE, 1, greeting(1), ONE, LinkRefusal.SAME_NODE),
                arguments(greeting(1), ONE, 3, greeting(2), ONE, LinkRefusal.OTHER_NODE));
    }

    @ParameterizedTest
    @MethodSource("hellos")
    void brokersLinkWhereBothAreWhoTheyShouldBe(Greeting dialler, @Nullable PeerSecret secret, int dialled,
            Greeting listener, @Nullable PeerSecret secretThere, @Nullable LinkRefusal refused) {
        LinkWorld world = new LinkWorld(1, 2, dialler, secret, LinkPurpose.QUESTIONS, dialled)
                .listenerIs(listener, secretThere);
        LinkWorld.Asking asking = world.dialler.ask(5, 1_000);
        world.advance(100);
        if (refused == null) {
            assertEquals(List.of(listener), world.dialler.linked);
            assertEquals(List.of(dialler), world.listener.admitted);
            assertInstanceOf(Peers.Answered.class, asking.end());
        } else {
            assertEquals(List.of(refused), world.listener.refusals);
            assertEquals(List.of(refused), world.dialler.refused, "both sides say why");
            assertEquals(new Peers.Unsent("broker " + dialled + " and this broker do not link: " + refused.why()),
                    asking.end());
            assertEquals(List.of(), world.listener.begun);
        }
    }

    /// What each is, and why they do not link to speak as voters.
    private static Stream<Arguments> foundings() {
        Greeting nowhere = greeting(2).founding();
        return Stream.of(
                arguments(greeting(1).founding(), ONE, 2, nowhere, ONE, null),
                arguments(greeting(1), null, 2, nowhere, null, null),
                arguments(greeting(1).founding(), ONE, 2, greeting(2), ONE, null),
                arguments(greeting(1), ONE, 2, ELSEWHERE, ONE, null),
                arguments(greeting(1).founding(), ONE, 2, nowhere, OTHER, LinkRefusal.WRONG_SECRET),
                arguments(greeting(1).founding(), null, 2, nowhere, ONE, LinkRefusal.WRONG_SECRET),
                arguments(greeting(1).founding(), ONE, 2, nowhere, null, LinkRefusal.WRONG_SECRET),
                arguments(greeting(1).founding(), ONE, 1, greeting(1), ONE, LinkRefusal.SAME_NODE),
                arguments(greeting(1).founding(), ONE, 3, nowhere, ONE, LinkRefusal.OTHER_NODE));
    }

    @ParameterizedTest
    @MethodSource("foundings")
    void votersSpeakWithoutACluster(Greeting dialler, @Nullable PeerSecret secret, int dialled,
            Greeting listener, @Nullable PeerSecret secretThere, @Nullable LinkRefusal refused) {
        LinkWorld world = new LinkWorld(1, 2, dialler, secret, LinkPurpose.VOTERS, dialled)
                .listenerIs(listener, secretThere);
        List<Matter.Ended> ends = new ArrayList<>();
        assertNull(world.dialler.core.ask(Matter.SAYING, ByteBuffer.wrap(new byte[9]), world.nowMs + 1_000,
                world.nowMs, ends::add));
        world.advance(100);
        if (refused == null) {
            assertEquals(List.of(listener.founding()), world.dialler.linked, "no cluster is named");
            assertEquals(List.of(dialler.founding()), world.listener.admitted);
            assertEquals(List.of(new Matter.Told(ByteBuffer.wrap(new byte[9]))), ends);
        } else {
            assertEquals(List.of(refused), world.listener.refusals);
            assertEquals(List.of(refused), world.dialler.refused, "both sides say why");
            assertEquals(List.of(new Peers.Unsent(
                    "broker " + dialled + " and this broker do not link: " + refused.why())), ends);
            assertEquals(List.of(), world.listener.asked);
        }
    }

    /// Of all else nothing goes before both know their cluster; who dials soon tries again.
    @ParameterizedTest
    @EnumSource(names = {"QUESTIONS", "FOLLOW"})
    void whoKnowsNoClusterYetIsDialledAgain(LinkPurpose purpose) {
        LinkWorld world = new LinkWorld(1, 0, greeting(1), ONE, purpose, 2)
                .listenerIs(greeting(2).in(Greeting.NO_CLUSTER), ONE);
        world.dialler.core.want(world.nowMs);
        world.advance(2_000);
        assertTrue(world.dialler.dials.size() > 15, world.dialler.dials.size() + " dials in two seconds");
        assertEquals(List.of(), world.dialler.evidence);
        assertEquals(List.of(LinkRefusal.NO_CLUSTER_YET), world.listener.refusals.stream().distinct().toList());
        world.listenerIs(greeting(2), ONE);
        world.advance(200);
        assertEquals(List.of(greeting(2)), world.dialler.linked);
        world = new LinkWorld(1, 0, greeting(1).in(Greeting.NO_CLUSTER), ONE, purpose, 2).listenerIs(greeting(2), ONE);
        world.dialler.core.want(world.nowMs);
        world.advance(10);
        assertEquals(List.of(LinkRefusal.OTHER_CLUSTER), world.listener.refusals);
    }

    /// An older one, whose questions mean something else here, and one that has given up what is spoken here.
    @ParameterizedTest
    @CsvSource({"2, 2", "0, 1", "4, 5", "4, 3"})
    void noLevelInCommonIsRefusedInWords(int lowest, int highest) {
        Handshake own = new Handshake(greeting(2), null, new Random(1));
        ByteBuffer hello = LinkFrames.hello(lowest, highest, greeting(1), LinkPurpose.QUESTIONS, 2, new byte[32]);
        assertEquals(LinkRefusal.UNKNOWN_LEVEL, refusal(new Handshake.Listener(own).received(hello)));
    }

    /// A newer one says what it spoke before, too.
    @ParameterizedTest
    @CsvSource({"3, 3", "2, 3", "3, 4", "1, 9"})
    void theHighestLevelThatBothKnowIsChosen(int lowest, int highest) {
        Handshake own = new Handshake(greeting(2), null, new Random(1));
        ByteBuffer hello = LinkFrames.hello(lowest, highest, greeting(1), LinkPurpose.QUESTIONS, 2, new byte[32]);
        ByteBuffer challenge = assertInstanceOf(Handshake.Say.class, new Handshake.Listener(own).received(hello))
                .frame();
        assertEquals(3, LinkFrames.readChallenge(challenge).level());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 4})
    void aLevelThatWasNotOfferedIsNotSpoken(int chosen) {
        Handshake.Dialler dialler = new Handshake.Dialler(
                new Handshake(greeting(1), null, new Random(1)), LinkPurpose.QUESTIONS, 2);
        assertEquals(LinkRefusal.UNKNOWN_LEVEL,
                refusal(dialler.received(LinkFrames.challenge(chosen, new byte[32]))));
    }

    @Test
    void whatNobodyKnowsHereIsRefusedInWords() {
        Handshake own = new Handshake(greeting(2), null, new Random(1));
        ByteBuffer hello = LinkFrames.hello(3, 3, greeting(1), LinkPurpose.QUESTIONS, 2, new byte[32]);
        hello.put(1 + 4 + 2 + 2 + 48, (byte) 99);
        assertEquals(LinkRefusal.UNKNOWN_PURPOSE, refusal(new Handshake.Listener(own).received(hello)));
        assertEquals(LinkRefusal.UNKNOWN, LinkRefusal.of(77));
    }

    private static LinkRefusal refusal(Handshake.Step step) {
        return assertInstanceOf(Handshake.Refuse.class, step).why();
    }

    /// Nothing in what a stranger sees depends on the secret, and what it sees of one link proves nothing on another.
    @Test
    void whatWasSaidOnOneLinkProvesNothingOnAnother() {
        Handshake.Dialler dialler = new Handshake.Dialler(
                new Handshake(greeting(1), ONE, new Random(1)), LinkPurpose.QUESTIONS, 2);
        Handshake listening = new Handshake(greeting(2), ONE, new Random(2));
        Handshake.Listener first = new Handshake.Listener(listening);
        ByteBuffer challenge = said(first.received(dialler.hello()));
        assertEquals(1 + 2 + 32, challenge.remaining());
        ByteBuffer proof = said(dialler.received(challenge));
        assertInstanceOf(Handshake.Welcome.class, first.received(proof.duplicate()));

        Handshake.Listener second = new Handshake.Listener(listening);
        assertInstanceOf(Handshake.Say.class, second.received(dialler.hello()));
        assertEquals(LinkRefusal.WRONG_SECRET, refusal(second.received(proof.duplicate())));
        Handshake.Listener third = new Handshake.Listener(listening);
        assertEquals(LinkRefusal.NOT_A_PEER, refusal(third.received(proof.duplicate())), "without a hello");
    }

    /// Who does not know the secret cannot give a dialler its own proof back.
    @Test
    void aProofIsOfOneSide() {
        Handshake.Dialler dialler = new Handshake.Dialler(
                new Handshake(greeting(1), ONE, new Random(1)), LinkPurpose.QUESTIONS, 2);
        byte[] proof = LinkFrames.readProof(said(dialler.received(LinkFrames.challenge(3, new byte[32]))));
        assertEquals(PeerSecret.PROOF_BYTES, proof.length);
        assertEquals(LinkRefusal.WRONG_SECRET,
                refusal(dialler.received(LinkFrames.welcome(LinkFrames.welcomed(greeting(2)), proof))));
        assertEquals(LinkRefusal.WRONG_SECRET,
                refusal(dialler.received(LinkFrames.welcome(LinkFrames.welcomed(greeting(2)), new byte[0]))));
    }

    private static ByteBuffer said(Handshake.Step step) {
        return assertInstanceOf(Handshake.Say.class, step).frame();
    }

    @Test
    void aSecretIsLongEnough() {
        assertTrue(assertThrows(IllegalArgumentException.class, () -> secret("short")).getMessage().contains("16"));
        assertThrows(IllegalArgumentException.class, () -> PeerSecret.of(new byte[PeerSecret.LONGEST + 1]));
    }
}
