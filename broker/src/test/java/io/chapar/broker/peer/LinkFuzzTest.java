package io.chapar.broker.peer;

import io.chapar.protocol.message.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Bytes that no broker would send, before and after the hello, to both ends: a link is refused or ends, nothing is
/// thrown, and little is kept.
final class LinkFuzzTest {
    private static final int FRAMES = 100_000;
    private static final Greeting ONE = LinkWorld.greeting(1);
    private static final Greeting TWO = LinkWorld.greeting(2);
    private static final PeerSecret SECRET = PeerSecret.of("a secret of both brokers".getBytes(StandardCharsets.UTF_8));

    private final Random random = new Random(42);
    private int strangersAdmitted;
    private int begun;
    private final Map<Matter, Integer> asked = new EnumMap<>(Map.of(Matter.SAYING, 0, Matter.PROPOSAL, 0));
    private int ended;

    @Test
    void strangersAreRefused() {
        byte[] hello = bytes(LinkFrames.hello(1, 1, ONE, LinkPurpose.QUESTIONS, 2, new byte[32]));
        List<byte[]> models = List.of(hello, bytes(LinkFrames.proof(new byte[32])),
                bytes(LinkFrames.question(1, 9, io.chapar.protocol.message.ApiKey.WRITE_TXN_MARKERS, (short) 2, 7,
                        LinkWorld.question(1)).getFirst()));
        for (int i = 0; i < FRAMES / 3; i++) {
            AdmittedLinkCore core = new AdmittedLinkCore(TWO, SECRET, LinkWorld.LIMITS, random, new Line(), ends(), 0);
            for (int k = 0; k < 3; k++) {
                core.received(hostile(models.get(random.nextInt(models.size()))), 0);
            }
            core.tick(AdmittedLinkCore.STRANGER_MS);
            assertEquals(Long.MAX_VALUE, core.nextMs(), "it has ended");
        }
        assertEquals(0, strangersAdmitted);
        assertEquals(0, begun);
        assertEquals(FRAMES / 3, ended);
    }

    /// Bytes of somebody that knows the secret, and has gone mad.
    @Test
    void whatAPeerSaysEndsItsLinkAtWorst() {
        List<byte[]> models = List.of(
                bytes(LinkFrames.question(1, 9, io.chapar.protocol.message.ApiKey.WRITE_TXN_MARKERS, (short) 2, 7,
                        LinkWorld.question(1)).getFirst()),
                bytes(LinkFrames.alive()), bytes(LinkFrames.declined(1, true, "why")),
                bytes(LinkFrames.answer(1, LinkWorld.answer(1), (short) 2).getFirst()),
                bytes(LinkFrames.inBytes(Matter.PROPOSAL, 2, ByteBuffer.allocate(40))),
                bytes(LinkFrames.inBytes(Matter.SAYING, 3, ByteBuffer.allocate(40))),
                bytes(LinkFrames.inBytes(Matter.FEED, 4, ByteBuffer.allocate(40))),
                bytes(LinkFrames.inBytes(Matter.CONSENSUS, 5, ByteBuffer.allocate(40))),
                told(1, 40));
        for (int i = 0; i < FRAMES / 10; i++) {
            AdmittedLinkCore core = admitted(
                    List.of(LinkPurpose.QUESTIONS, LinkPurpose.VOTERS, LinkPurpose.FEED).get(i % 3));
            for (int k = 0; k < 10; k++) {
                core.received(hostile(models.get(random.nextInt(models.size()))), 0);
            }
            core.close("enough", 0);
        }
        assertEquals(FRAMES / 10, ended);
        assertTrue(begun > 100, begun + " questions were still understood");
        for (Matter matter : Matter.values()) {
            assertTrue(asked.getOrDefault(matter, 0) > 100, asked + " were understood");
        }
    }

    /// On a link that is for something else nothing in bytes is begun, nor more of it than may be.
    @Test
    void whatIsInBytesHasItsLinksAndItsBounds() {
        for (Matter matter : Matter.values()) {
            for (LinkPurpose purpose : LinkPurpose.values()) {
                AdmittedLinkCore core = admitted(purpose);
                int before = asked.getOrDefault(matter, 0);
                core.received(framed(bytes(LinkFrames.inBytes(matter, 1, ByteBuffer.allocate(matter.mostBytes())))), 0);
                assertEquals(purpose == matter.purpose() ? 1 : 0, asked.getOrDefault(matter, 0) - before);
                assertEquals(purpose != matter.purpose(), core.nextMs() == Long.MAX_VALUE, "it has ended");
            }
            AdmittedLinkCore core = admitted(matter.purpose());
            int before = asked.get(matter);
            core.received(framed(bytes(LinkFrames.inBytes(
                    matter, 1, ByteBuffer.allocate(matter.mostBytes() + 1)))), 0);
            assertEquals(before, asked.get(matter));
            assertEquals(Long.MAX_VALUE, core.nextMs(), "it has ended");
        }
        AdmittedLinkCore core = admitted(LinkPurpose.QUESTIONS);
        byte[] tooLong = bytes(ByteBuffer.allocate(LinkWorld.LIMITS.mostQuestionBytes() + 1)
                .put(0, LinkFrames.QUESTION));
        core.received(framed(tooLong), 0);
        assertEquals(Long.MAX_VALUE, core.nextMs(), "a request has the bound that it had");
    }

    private static byte[] told(int id, int length) {
        return bytes(ByteBuffer.allocate(5 + length).put(LinkFrames.TOLD).putInt(id).rewind());
    }

    private AdmittedLinkCore admitted(LinkPurpose purpose) {
        List<ByteBuffer> said = new ArrayList<>();
        Handshake.Dialler dialler = new Handshake.Dialler(
                new Handshake(ONE, SECRET, random), purpose, 2);
        Line line = new Line();
        line.said = said;
        AdmittedLinkCore core = new AdmittedLinkCore(TWO, SECRET, LinkWorld.LIMITS, random, line, ends(), 0);
        core.received(framed(bytes(dialler.hello())), 0);
        Handshake.Say proof = (Handshake.Say) dialler.received(said.getFirst());
        core.received(framed(bytes(proof.frame())), 0);
        return core;
    }

    /// The same to who asks in bytes.
    @Test
    void whatIsToldEndsTheLinkAtWorst() {
        List<byte[]> models = List.of(bytes(LinkFrames.declined(0, true, "why")), told(0, 40), told(0, 1),
                bytes(LinkFrames.answer(0, LinkWorld.answer(1), (short) 2).getFirst()));
        List<Matter.Ended> ends = new ArrayList<>();
        for (int i = 0; i < FRAMES / 5; i++) {
            Matter matter = i % 2 == 0 ? Matter.SAYING : Matter.PROPOSAL;
            PeerLinkCore core = new PeerLinkCore(new PeerLinkCore.Target(2, "broker 2"), ONE, null,
                    matter.purpose(), LinkWorld.LIMITS, random, new Line(), new LinkEvents() { });
            assertNull(core.ask(matter, ByteBuffer.allocate(9), 100, 0, ends::add));
            core.dialled(0);
            core.received(framed(bytes(LinkFrames.challenge(Handshake.HIGHEST_LEVEL, new byte[32]))), 0);
            core.received(framed(bytes(LinkFrames.welcome(
                    LinkFrames.welcomed(TWO.on(matter.purpose())), new byte[0]))), 0);
            assertTrue(core.isReady());
            for (int k = 0; k < 3; k++) {
                core.received(hostile(models.get(random.nextInt(models.size()))), 0);
            }
            core.close("enough", 0);
            assertEquals(i + 1, ends.size(), "it ends once");
        }
        assertTrue(ends.stream().filter(Matter.Told.class::isInstance).count() > 100, "answers were understood");
        PeerLinkCore core = new PeerLinkCore(new PeerLinkCore.Target(2, "broker 2"), ONE, null,
                LinkPurpose.QUESTIONS, LinkWorld.LIMITS, random, new Line(), new LinkEvents() { });
        assertNull(core.ask(Matter.PROPOSAL, ByteBuffer.allocate(9), 100, 0, ends::add));
        core.dialled(0);
        core.received(framed(bytes(LinkFrames.challenge(Handshake.HIGHEST_LEVEL, new byte[32]))), 0);
        core.received(framed(bytes(LinkFrames.welcome(LinkFrames.welcomed(TWO), new byte[0]))), 0);
        core.received(framed(told(0, Matter.PROPOSAL.mostBytes() + 1)), 0);
        assertTrue(!core.isReady() && ends.getLast() instanceof Peers.Lost, "an answer that is too long");
    }

    @Test
    void whatALeaderSaysEndsTheLinkAtWorst() {
        List<byte[]> models = List.of(bytes(LinkFrames.challenge(Handshake.HIGHEST_LEVEL, new byte[32])),
                bytes(LinkFrames.welcome(LinkFrames.welcomed(TWO), new byte[0])),
                bytes(LinkFrames.refused(LinkRefusal.SAME_NODE)), bytes(LinkFrames.declined(0, true, "why")),
                bytes(LinkFrames.answer(0, LinkWorld.answer(1), (short) 2).getFirst()));
        List<Peers.Asked> ends = new ArrayList<>();
        for (int i = 0; i < FRAMES / 5; i++) {
            PeerLinkCore core = new PeerLinkCore(new PeerLinkCore.Target(2, "broker 2"), ONE, null,
                    LinkPurpose.QUESTIONS, LinkWorld.LIMITS, random, new Line(), new LinkEvents() { });
            assertNull(core.ask(LinkWorld.question(1), (short) 2, 7, 100, 0, ends::add));
            core.dialled(0);
            core.received(random.nextBoolean() ? framed(models.getFirst()) : hostile(models.getFirst()), 0);
            core.received(random.nextBoolean() ? framed(models.get(1)) : hostile(models.get(1)), 0);
            for (int k = 0; k < 3; k++) {
                core.received(hostile(models.get(random.nextInt(models.size()))), 0);
            }
            core.close("enough", 0);
            assertEquals(i + 1, ends.size(), "it ends once");
        }
    }

    /// A length that is claimed and does not come takes no room.
    @Test
    void aClaimedLengthCostsNothing() {
        List<ByteBuffer> whole = new ArrayList<>();
        LinkFraming framing = new LinkFraming(Integer.MAX_VALUE, new LinkFraming.Out() {
            @Override
            public void frame(ByteBuffer frame) {
                whole.add(frame);
            }

            @Override
            public void broken(String why) {
                throw new AssertionError(why);
            }
        });
        framing.received(ByteBuffer.allocate(5).putInt(Integer.MAX_VALUE).put((byte) 1).flip());
        assertTrue(framing.capacity() <= 256);
        assertEquals(List.of(), whole);
    }

    // ---- bytes

    /// As it is, changed, cut short, made longer, with a false length, or nothing like it.
    private ByteBuffer hostile(byte[] model) {
        byte[] bytes = model.clone();
        switch (random.nextInt(6)) {
            case 0 -> {
                bytes = new byte[1 + random.nextInt(600)];
                random.nextBytes(bytes);
            }
            case 1 -> bytes = java.util.Arrays.copyOf(bytes, 1 + random.nextInt(2 * bytes.length));
            case 2 -> {
                return ByteBuffer.allocate(4 + bytes.length).putInt(random.nextInt()).put(bytes).flip();
            }
            case 3 -> { }
            default -> {
                for (int i = random.nextInt(4); i >= 0; i--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
                }
            }
        }
        return framed(bytes);
    }

    private static ByteBuffer framed(byte[] bytes) {
        return ByteBuffer.allocate(4 + bytes.length).putInt(bytes.length).put(bytes).flip();
    }

    private static byte[] bytes(ByteBuffer frame) {
        return LinkFrames.rest(frame.duplicate());
    }

    private static final class Line implements LinkLine.Dialling {
        private List<ByteBuffer> said = new ArrayList<>();
        private boolean closed;

        @Override
        public void dial() {
            closed = false;
        }

        @Override
        public void write(List<ByteBuffer> parts) {
            assertFalse(closed, "nothing is said on a link that has ended");
            said.addAll(parts);
        }

        @Override
        public void reading(boolean on) {
            assertFalse(closed);
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private AdmittedLinkCore.Events ends() {
        return new AdmittedLinkCore.Events() {
            @Override
            public void admitted(Greeting other, LinkPurpose purpose) {
                if (!other.equals(ONE)) {
                    strangersAdmitted++;
                }
            }

            @Override
            public void question(int id, short version, long image, Request request, long deadlineMs) {
                begun++;
            }

            @Override
            public void asked(int id, Matter matter, ByteBuffer bytes, long deadlineMs) {
                asked.merge(matter, 1, Integer::sum);
            }

            @Override
            public void frame(ByteBuffer frame) {
                throw new AssertionError("a link for questions has no others");
            }

            @Override
            public void room() {
                // Of no interest.
            }

            @Override
            public void closed(String why, @Nullable LinkRefusal refusal) {
                ended++;
            }
        };
    }
}
