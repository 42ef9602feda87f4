package io.chapar.broker.peer;

import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.LinkWorld.Asking;
import io.chapar.broker.peer.LinkWorld.Begun;
import io.chapar.broker.peer.LinkWorld.Port;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A link's way through questions, time and ends.
final class PeerLinkCoreTest {
    private final LinkWorld world = new LinkWorld(1, 0);
    private final LinkWorld.Dialler dialler = world.dialler;
    private final LinkWorld.Listener listener = world.listener;

    @Test
    void theFirstQuestionDialsAndIsAnswered() {
        Asking first = dialler.ask(1, 1_000);
        world.advance(0);
        assertEquals(new Peers.Answered(LinkWorld.answer(1)), first.end());
        assertEquals(List.of(LinkWorld.greeting(2)), dialler.linked);
        assertEquals(List.of(LinkWorld.greeting(1)), listener.admitted);
        assertEquals(world.nowMs + 1_000, listener.begun.getFirst().deadlineMs());
    }

    @Test
    void answersComeInAnyOrder() {
        List<Begun> waiting = new ArrayList<>();
        listener.answers = waiting::add;
        Asking one = dialler.ask(1, 1_000);
        Asking two = dialler.ask(2, 1_000);
        world.advance(0);
        answer(waiting.get(1));
        world.advance(0);
        assertNull(one.end());
        assertEquals(new Peers.Answered(LinkWorld.answer(2)), two.end());
        answer(waiting.get(0));
        world.advance(0);
        assertEquals(new Peers.Answered(LinkWorld.answer(1)), one.end());
    }

    private void answer(Begun begun) {
        begun.core().answer(begun.id(), LinkWorld.answer(begun.number()), LinkWorld.VERSION, world.nowMs);
    }

    @Test
    void whatIsUnderWayAtABreakIsLostAndTheLinkComesBackAtOnce() {
        listener.answers = _ -> { };
        Asking one = dialler.ask(1, 10_000);
        world.advance(5_000);
        world.cut();
        world.advance(0);
        assertInstanceOf(Peers.Lost.class, one.end());
        assertEquals(2, dialler.linked.size());
        assertEquals(List.of(), dialler.evidence);
    }

    @Test
    void whatHasNotLeftAtItsDeadlineIsUnsentAndWhatHasIsLost() {
        listener.answers = _ -> { };
        Asking left = dialler.ask(1, 100);
        world.advance(100);
        assertInstanceOf(Peers.Lost.class, left.end());
        world.cut();
        world.port = Port.SILENT;
        world.advance(0);
        Asking waits = dialler.ask(2, 100);
        world.advance(100);
        assertEquals(Peers.Unsent.class, waits.end() == null ? null : waits.end().getClass());
        assertInstanceOf(Peers.Unsent.class, dialler.ask(3, 0).end(), "no time was left");
    }

    @Test
    void anAnswerThatComesTooLateIsPassedOver() {
        List<Begun> waiting = new ArrayList<>();
        listener.answers = waiting::add;
        Asking late = dialler.ask(1, 100);
        world.advance(200);
        answer(waiting.getFirst());
        listener.answers = this::answer;
        Asking next = dialler.ask(2, 100);
        world.advance(0);
        assertEquals(1, late.ends.size());
        assertInstanceOf(Peers.Answered.class, next.end());
        assertEquals(List.of(), dialler.unlinked);
    }

    @Test
    void whatWasDeclinedSaysWhetherAnythingWasBegun() {
        listener.answers = one -> one.core().decline(one.id(), one.number() == 1, "because", world.nowMs);
        Asking untouched = dialler.ask(1, 100);
        Asking unknown = dialler.ask(2, 100);
        world.advance(0);
        assertEquals(new Peers.Unsent("broker 2 declines: because"), untouched.end());
        assertEquals(new Peers.Lost("broker 2 declines: because"), unknown.end());
    }

    @Test
    void aRequestThatIsOfClientsIsDeclined() {
        List<Peers.Asked> ends = new ArrayList<>();
        dialler.core.ask(AddPartitionsToTxnRequest.DEFAULT, (short) 3, 0, world.nowMs + 100, world.nowMs, ends::add);
        world.advance(0);
        assertEquals(List.of(new Peers.Unsent("broker 2 declines: ADD_PARTITIONS_TO_TXN version 3 is not for links")),
                ends);
        assertEquals(List.of(), listener.begun);
    }

    // ---- who is dead

    @Test
    void twoRefusalsFiftyMillisecondsApartAreEvidence() {
        dialler.ask(1, 100);
        world.advance(2_000);
        world.port = Port.CLOSED;
        world.cut();
        world.advance(PeerLinkCore.SECOND_LOOK_MS - 1);
        assertEquals(List.of(), dialler.evidence);
        world.advance(1);
        assertEquals(List.of(Evidence.REFUSED), dialler.evidence);
        assertEquals(3, dialler.dials.size(), "nobody wants it, so nobody dials");
        world.advance(10_000);
        assertEquals(3, dialler.dials.size());
        dialler.ask(2, 100);
        world.advance(10_000);
        assertEquals(List.of(Evidence.REFUSED), dialler.evidence, "told once");
    }

    /// A process that ends closes its port and its connections one after the other.
    @Test
    void aConnectionThatEndsBeforeTheWelcomeIsNoEndOfLooking() {
        dialler.ask(1, 1_000);
        world.advance(PeerLinkCore.STEADY_MS);
        world.moves = false;
        world.cut();
        world.advance(0);
        assertEquals(2, dialler.dials.size(), "dialled again at once");
        world.cut();
        world.port = Port.CLOSED;
        world.advance(200);
        assertEquals(List.of(Evidence.REFUSED), dialler.evidence);
        int dials = dialler.dials.size();
        world.advance(60_000);
        assertEquals(dials, dialler.dials.size(), "nobody asks");
    }

    @Test
    void whoLooksIsNotStoppedByAConnectionThatEnds() {
        world.moves = false;
        dialler.core.look(world.nowMs);
        world.advance(0);
        world.cut();
        world.advance(0);
        world.port = Port.CLOSED;
        world.advance(200);
        assertEquals(List.of(Evidence.REFUSED), dialler.evidence);
        assertEquals(1 + 2, dialler.dials.size());
    }

    @Test
    void oneRefusalIsNone() {
        world.port = Port.CLOSED;
        Asking one = dialler.ask(1, 100);
        world.advance(10);
        assertInstanceOf(Peers.Unsent.class, one.end());
        assertInstanceOf(Peers.Unsent.class, dialler.ask(2, 100).end(), "it rests");
        world.port = Port.OPEN;
        world.advance(PeerLinkCore.SECOND_LOOK_MS);
        assertEquals(List.of(), dialler.evidence);
        assertEquals(1, dialler.linked.size());
    }

    @Test
    void silenceEndsTheLinkAndIsEvidence() {
        dialler.ask(1, 100);
        world.advance(10_000);
        assertEquals(List.of(), dialler.unlinked, "both say that they are alive");
        world.moves = false;
        world.port = Port.SILENT;
        world.advance(LinkPulse.SILENCE_MS + LinkPulse.EVERY_MS);
        assertEquals(List.of(Evidence.SILENT), dialler.evidence);
        assertEquals(1, dialler.unlinked.size());
        assertEquals(List.of("silent for 3000 ms"), listener.closed);
    }

    @Test
    void whoStoodStillItselfHearsFirstWhatCame() {
        LinkPulse pulse = new LinkPulse(0);
        assertFalse(pulse.isSilent(10_000), "its timer was due after a second");
        assertTrue(pulse.isDue(10_000));
        pulse.said(10_000);
        assertFalse(pulse.isSilent(11_000));
        pulse.said(11_000);
        assertTrue(pulse.isSilent(12_000), "three seconds after what it would have heard");
    }

    @Test
    void aLinkThatIsWantedIsDialledForeverAndEverSlower() {
        world.port = Port.CLOSED;
        dialler.core.want(world.nowMs);
        world.advance(60_000);
        int dials = dialler.dials.size();
        assertTrue(dials >= 50 && dials <= 90, dials + " dials in a minute");
        LongStream gaps = LongStream.range(1, dials)
                .map(i -> dialler.dials.get((int) i) - dialler.dials.get((int) i - 1));
        assertTrue(gaps.max().orElseThrow() <= 1_200, "a second, and a fifth");
        world.port = Port.OPEN;
        world.advance(1_200);
        assertEquals(1, dialler.linked.size());
    }

    @Test
    void aLinkThatBreaksAgainAndAgainRests() {
        dialler.core.want(world.nowMs);
        for (int i = 0; i < 1_000; i++) {
            world.advance(10);
            world.cut();
        }
        assertTrue(dialler.dials.size() < 40, dialler.dials.size() + " dials in ten seconds");
    }

    // ---- in bytes

    private List<Matter.Ended> propose(int bytes, long leftMs) {
        List<Matter.Ended> ends = new ArrayList<>();
        Peers.Unsent refused = dialler.core.ask(
                Matter.PROPOSAL, ByteBuffer.wrap(new byte[bytes]), world.nowMs + leftMs, world.nowMs, ends::add);
        if (refused != null) {
            ends.add(refused);
        }
        return ends;
    }

    @Test
    void bytesAreAnsweredByBytes() {
        List<Matter.Ended> ends = propose(3 << 20, 60_000);
        world.advance(0);
        assertEquals(List.of(new Matter.Told(ByteBuffer.wrap(new byte[3 << 20]))), ends);
        assertInstanceOf(Peers.Unsent.class, propose(Matter.PROPOSAL.mostBytes() + 1, 1_000).getFirst());
    }

    @Test
    void anAnswerThatIsTooLongIsNotGiven() {
        listener.tells = _ -> { };
        List<Matter.Ended> ends = propose(10, 1_000);
        world.advance(0);
        LinkWorld.Said said = listener.asked.getFirst();
        said.core().tell(said.id(), ByteBuffer.allocate(Matter.PROPOSAL.mostBytes() + 1), world.nowMs);
        world.advance(0);
        assertInstanceOf(Peers.Lost.class, ends.getFirst(), "it may be done");
        assertEquals(List.of(), dialler.unlinked);
    }

    /// Who answers in bytes may be gone for good: what it does not answer takes no place for ever.
    @Test
    void whatNobodyAnswersIsForgottenWithItsTime() {
        listener.tells = _ -> { };
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < Questions.MOST; i++) {
                propose(10, 50);
            }
            world.advance(200);
        }
        assertEquals(3 * Questions.MOST, listener.asked.size());
        LinkWorld.Said late = listener.asked.getFirst();
        late.core().tell(late.id(), ByteBuffer.allocate(1), world.nowMs);
        world.advance(10);
        assertEquals(List.of(), dialler.unlinked, "an answer that comes too late is none");
    }

    @Test
    void votersThatHaveNothingToSayDoNotStayLinked() {
        LinkWorld founding = new LinkWorld(1, 0, LinkWorld.greeting(1), null, LinkPurpose.VOTERS, 2);
        List<Matter.Ended> ends = new ArrayList<>();
        for (int i = 1; i <= 2; i++) {
            assertNull(founding.dialler.core.ask(Matter.SAYING, ByteBuffer.wrap(new byte[i]),
                    founding.nowMs + 1_000, founding.nowMs, ends::add));
            founding.advance(PeerLinkCore.QUIET_MS - 1);
            assertTrue(founding.dialler.core.isReady());
            founding.advance(LinkPulse.EVERY_MS + 1);
            assertFalse(founding.dialler.core.isReady());
            assertEquals(i, ends.size());
        }
        assertEquals(List.of(), founding.dialler.evidence);
        assertEquals(2, founding.dialler.dials.size());
    }

    /// A voter that was gone for long has come back, and said so.
    @Test
    void aLinkThatRestsIsDialledByWhoAsksOnceTheOtherEndWasHeardOf() {
        LinkWorld voters = new LinkWorld(1, 0, LinkWorld.greeting(1), null, LinkPurpose.VOTERS, 2);
        voters.port = LinkWorld.Port.CLOSED;
        List<Matter.Ended> ends = new ArrayList<>();
        while (ends.size() < 20) {
            if (voters.dialler.core.ask(Matter.CONSENSUS, ByteBuffer.wrap(new byte[1]), voters.nowMs + 1_000,
                    voters.nowMs, ends::add) != null) {
                voters.advance(10);
            }
            voters.advance(1);
        }
        voters.port = LinkWorld.Port.OPEN;
        ends.clear();
        assertNotNull(voters.dialler.core.ask(Matter.CONSENSUS, ByteBuffer.wrap(new byte[1]), voters.nowMs + 1_000,
                voters.nowMs, ends::add), "it rests");
        voters.dialler.core.answers(voters.nowMs);
        assertNull(voters.dialler.core.ask(Matter.CONSENSUS, ByteBuffer.wrap(new byte[1]), voters.nowMs + 1_000,
                voters.nowMs, ends::add));
        voters.advance(5);
        assertEquals(List.of(new Matter.Told(ByteBuffer.wrap(new byte[1]))), ends);
    }

    @Test
    void aLinkThatRetiresEndsWithItsLastQuestion() {
        List<Begun> waiting = new ArrayList<>();
        listener.answers = waiting::add;
        Asking one = dialler.ask(1, 1_000);
        world.advance(0);
        dialler.core.retire("enough", world.nowMs);
        assertFalse(dialler.core.isClosed());
        answer(waiting.getFirst());
        world.advance(0);
        assertEquals(new Peers.Answered(LinkWorld.answer(1)), one.end());
        assertTrue(dialler.core.isClosed());
        assertEquals(List.of("enough"), dialler.unlinked);
    }

    // ---- bounds

    @Test
    void moreQuestionsThanMayBeAreNotTakenButHeartbeatsAre() {
        world.port = Port.SILENT;
        List<Asking> asked = LongStream.range(0, Questions.MOST).mapToObj(i -> dialler.ask(i, 500)).toList();
        assertInstanceOf(Peers.Unsent.class, dialler.ask(-1, 500).end());
        List<Peers.Asked> beats = new ArrayList<>();
        for (int i = 0; i < Questions.MOST_URGENT; i++) {
            assertNull(dialler.core.ask(BrokerHeartbeatRequest.DEFAULT, (short) 1, 0, world.nowMs + 500, world.nowMs,
                    beats::add));
        }
        assertInstanceOf(Peers.Unsent.class, dialler.core.ask(
                BrokerHeartbeatRequest.DEFAULT, (short) 1, 0, world.nowMs + 500, world.nowMs, beats::add));
        world.advance(500);
        assertTrue(asked.stream().allMatch(one -> one.ends.size() == 1 && one.end() instanceof Peers.Unsent));
        assertEquals(Questions.MOST_URGENT, beats.size());
        assertNull(dialler.ask(-2, 500).end(), "there is room again");
    }

    @Test
    void heartbeatsOvertakeWhatWaits() {
        Questions questions = new Questions("broker 2", 1 << 20);
        questions.ask(
                new Ask.OfKafka(ApiKey.WRITE_TXN_MARKERS, LinkWorld.question(1), LinkWorld.VERSION, 7, _ -> { }),
                100, 0);
        questions.ask(
                new Ask.OfKafka(ApiKey.BROKER_HEARTBEAT, BrokerHeartbeatRequest.DEFAULT, (short) 1, 0, _ -> { }),
                100, 0);
        assertEquals(1, LinkFrames.id(next(questions)));
        assertEquals(0, LinkFrames.id(next(questions)));
        assertNull(questions.next(0));
    }

    private static ByteBuffer next(Questions questions) {
        ByteBuffer frame = questions.next(0);
        assertEquals(100, LinkFrames.readAsked(frame).leftMs());
        return frame;
    }

    @Test
    void aListenerDeclinesWhatIsTooMuch() {
        listener.answers = _ -> { };
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < Questions.MOST; k++) {
                dialler.ask(k, 10);
            }
            world.advance(10);
        }
        assertEquals(Questions.MOST + Questions.MOST_URGENT, listener.begun.size());
        assertEquals(List.of(), dialler.unlinked);
    }

    // ---- frames of a purpose

    @Test
    void framesOfTheirPurposeGoBothWays() {
        LinkWorld follow = new LinkWorld(1, 3, LinkWorld.greeting(1), null, LinkPurpose.FOLLOW, 2);
        follow.dialler.core.want(follow.nowMs);
        follow.advance(100);
        byte[] said = new byte[70_000];
        said[0] = LinkFrames.FIRST_OF_PURPOSE;
        follow.dialler.core.say(List.of(ByteBuffer.wrap(said, 0, 10), ByteBuffer.wrap(said, 10, 69_990)), follow.nowMs);
        follow.advance(1_000);
        assertArrayEquals(said, follow.dialler.frames.getFirst());
        follow.dialler.core.say(List.of(ByteBuffer.wrap(new byte[] {LinkFrames.QUESTION})), follow.nowMs);
        follow.advance(1_000);
        assertEquals(List.of("what came cannot be understood: a frame of kind 16"), follow.listener.closed);
    }

    @Test
    void aClosedLinkTakesNothing() {
        listener.answers = _ -> { };
        Asking one = dialler.ask(1, 100);
        world.advance(0);
        dialler.core.close("it ends", world.nowMs);
        assertEquals(new Peers.Lost("it ends"), one.end());
        assertInstanceOf(Peers.Unsent.class, dialler.ask(2, 100).end());
        world.advance(10_000);
        assertEquals(1, dialler.dials.size());
        assertEquals(List.of("closed"), listener.closed);
    }
}
