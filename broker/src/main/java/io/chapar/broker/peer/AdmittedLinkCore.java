package io.chapar.broker.peer;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// The end of a link that was dialled.
///
/// ```
/// STRANGER --hello, proof--> READY --> CLOSED
///     |                                  ^
///     +-- refused, too late, no hello ---+
/// ```
/// A stranger gets a challenge at most, may send frames of [LinkFrames#MOST_BEFORE_PROOF] bytes, and has
/// [#STRANGER_MS]. Questions are begun as they come, and answered in any order; beyond [Questions#MOST], or its bytes,
/// they are declined, so that whoever asked knows that nothing was begun. While too much of what was answered has not
/// left, no more is read. What is no request of Kafka's, and heartbeats, count until their time is over at most:
/// whoever answers them may have gone.
///
/// Owned by one loop. Times are that loop's, in milliseconds.
public final class AdmittedLinkCore implements LinkFraming.Out {
    static final long STRANGER_MS = 3_000;
    /// So often it is looked for questions whose time is over.
    private static final long FORGET_MS = 100;
    /// Answers that have not left; beyond it nothing more is read.
    static final int MOST_UNSENT = 4 << 20;
    private static final int LENGTH_BYTES = 4;

    /// What comes of it. None of these within a call to here but those that bring bytes or time.
    public interface Events {
        /// The other broker has proven who it is.
        void admitted(Greeting other, LinkPurpose purpose);

        /// To be ended with [AdmittedLinkCore#answer] or [AdmittedLinkCore#decline], once, in any order.
        ///
        /// @param image the version of the metadata that has to be known here before anything of it begins
        /// @param deadlineMs until when the answer is waited for
        void question(int id, short version, long image, Request request, long deadlineMs);

        /// As the last, to be ended with [AdmittedLinkCore#tell] or [AdmittedLinkCore#decline].
        ///
        /// @param bytes that may be kept
        void asked(int id, Matter matter, ByteBuffer bytes, long deadlineMs);

        /// A frame of the link's purpose, valid until this returns.
        void frame(ByteBuffer frame);

        /// What was said has left, as far as [AdmittedLinkCore#hasRoom] goes.
        void room();

        /// As the last.
        ///
        /// @param refusal null unless it was never admitted, and said why
        void closed(String why, @Nullable LinkRefusal refusal);
    }

    private sealed interface Phase {
        record Stranger(long untilMs, Handshake.Listener handshake) implements Phase {}

        record Ready(LinkPurpose purpose, LinkPulse pulse) implements Phase {}

        record Closed() implements Phase {}
    }

    /// @param matter null for a request of Kafka's
    /// @param untilMs when it is forgotten
    private record Begun(int bytes, @Nullable Matter matter, long untilMs) {}

    private final LinkLimits limits;
    private final LinkLine line;
    private final Events events;
    private final LinkFraming framing = new LinkFraming(LinkFrames.MOST_BEFORE_PROOF, this);
    private Phase phase;
    /// The questions that are begun, by id.
    private final Map<Integer, Begun> begun = new LinkedHashMap<>();
    private long begunBytes;
    private long forgetMs;
    private long unsent;
    private boolean reads = true;
    /// The time of the event that is being handled.
    private long nowMs;

    /// @param own what this broker says of itself
    /// @param secret null where there is none
    /// @param random that nobody can guess
    public AdmittedLinkCore(Greeting own, @Nullable PeerSecret secret, LinkLimits limits, RandomGenerator random,
            LinkLine line, Events events, long now) {
        this.limits = limits;
        this.line = line;
        this.events = events;
        phase = new Phase.Stranger(now + STRANGER_MS, new Handshake.Listener(new Handshake(own, secret, random)));
        nowMs = now;
    }

    // ---- what comes

    public void received(ByteBuffer bytes, long now) {
        nowMs = now;
        if (phase instanceof Phase.Ready(_, LinkPulse pulse)) {
            pulse.heard(now);
        }
        framing.received(bytes);
    }

    @Override
    public void broken(String why) {
        end(why, null);
    }

    @Override
    public void frame(ByteBuffer frame) {
        switch (phase) {
            case Phase.Stranger(_, Handshake.Listener listener) -> greeted(listener.received(frame));
            case Phase.Ready(LinkPurpose purpose, _) -> {
                try {
                    said(purpose, frame);
                } catch (MalformedMessageException e) {
                    broken("what came cannot be understood: " + e.getMessage());
                }
            }
            case Phase.Closed _ -> { }
        }
    }

    private void greeted(Handshake.Step step) {
        switch (step) {
            case Handshake.Say(ByteBuffer frame) -> write(List.of(frame));
            case Handshake.Refuse(LinkRefusal why, ByteBuffer frame) -> {
                if (frame != null) {
                    write(List.of(frame));
                }
                end(why.why(), why);
            }
            case Handshake.Welcome(Greeting other, LinkPurpose purpose, ByteBuffer frame) -> {
                framing.allow(limits.mostBytes(purpose, false));
                phase = new Phase.Ready(purpose, new LinkPulse(nowMs));
                write(List.of(requireNonNull(frame, "a listener says welcome")));
                events.admitted(other, purpose);
            }
        }
    }

    private void said(LinkPurpose purpose, ByteBuffer frame) {
        byte kind = frame.get(frame.position());
        if (kind == LinkFrames.ALIVE) {
            return;
        }
        Matter matter = Matter.of(kind, purpose);
        if (kind >= LinkFrames.FIRST_OF_PURPOSE && purpose == LinkPurpose.FOLLOW) {
            events.frame(frame);
        } else if (kind == LinkFrames.QUESTION && purpose == LinkPurpose.QUESTIONS
                && frame.remaining() <= limits.mostQuestionBytes()) {
            begin(frame);
        } else if (matter != null) {
            begin(matter, LinkFrames.readInBytes(matter, frame));
        } else {
            throw new MalformedMessageException("a frame of kind " + kind);
        }
    }

    /// From bytes of its own: a question may wait for long.
    private void begin(ByteBuffer frame) {
        LinkFrames.Asked asked = LinkFrames.readAsked(frame);
        int id = asked.id();
        ApiKey api = asked.api();
        if (api == null || !PeerApis.serves(api, asked.version())) {
            write(List.of(LinkFrames.declined(id, true, api + " version " + asked.version() + " is not for links")));
            return;
        }
        if (!hasPlace(id, frame.remaining())) {
            return;
        }
        Request request = LinkFrames.readRequest(ByteBuffer.wrap(LinkFrames.rest(frame.duplicate())), api,
                asked.version(), limits.mostElements());
        long deadlineMs = nowMs + Math.max(0, asked.leftMs());
        boolean ends = api == ApiKey.BROKER_HEARTBEAT;
        add(id, new Begun(frame.remaining(), null, ends ? deadlineMs : Long.MAX_VALUE));
        events.question(id, asked.version(), asked.image(), request, deadlineMs);
    }

    private void begin(Matter matter, LinkFrames.InBytes asked) {
        int bytes = asked.bytes().remaining();
        if (hasPlace(asked.id(), bytes)) {
            long deadlineMs = nowMs + Math.max(0, asked.leftMs());
            add(asked.id(), new Begun(bytes, matter, deadlineMs));
            events.asked(asked.id(), matter, asked.bytes(), deadlineMs);
        }
    }

    private boolean hasPlace(int id, int bytes) {
        if (begun.containsKey(id)) {
            throw new MalformedMessageException("a question with the number of another");
        }
        forgetOverdue();
        boolean has = begun.size() < Questions.MOST + Questions.MOST_URGENT
                && begunBytes + bytes <= 2L * Questions.MOST_BYTES;
        if (!has) {
            write(List.of(LinkFrames.declined(id, true, begun.size() + " questions are under way")));
        }
        return has;
    }

    private void add(int id, Begun one) {
        begun.put(id, one);
        begunBytes += one.bytes();
    }

    /// Whoever asked has given them up.
    private void forgetOverdue() {
        if (nowMs >= forgetMs) {
            forgetMs = nowMs + FORGET_MS;
            begun.values().removeIf(one -> {
                boolean over = one.untilMs() < nowMs;
                begunBytes -= over ? one.bytes() : 0;
                return over;
            });
        }
    }

    // ---- what is said

    /// Without effect when the link has ended.
    public void answer(int id, Response response, short version, long now) {
        nowMs = now;
        if (ends(id) != null) {
            write(LinkFrames.answer(id, response, version));
        }
    }

    /// As [#answer]. An answer that is too long is not given: what was asked for may be done all the same.
    public void tell(int id, ByteBuffer answer, long now) {
        nowMs = now;
        Begun one = ends(id);
        if (one == null) {
            return;
        }
        int most = requireNonNull(one.matter(), "asked in bytes").mostBytes();
        write(answer.remaining() <= most ? LinkFrames.told(id, answer)
                : List.of(LinkFrames.declined(id, false, "the answer has " + answer.remaining() + " bytes")));
    }

    /// Without effect when the link has ended.
    ///
    /// @param nothingBegun whether nothing was done, and nothing will be
    public void decline(int id, boolean nothingBegun, String why, long now) {
        nowMs = now;
        if (ends(id) != null) {
            write(List.of(LinkFrames.declined(id, nothingBegun, why)));
        }
    }

    private @Nullable Begun ends(int id) {
        Begun one = begun.remove(id);
        if (one != null) {
            begunBytes -= one.bytes();
        }
        return phase instanceof Phase.Ready ? one : null;
    }

    /// A frame of the link's purpose; dropped where the link has ended.
    public void say(List<ByteBuffer> parts, long now) {
        nowMs = now;
        if (phase instanceof Phase.Ready) {
            write(parts);
        }
    }

    /// Bytes that have not left.
    public long unsent() {
        return unsent;
    }

    public boolean hasRoom() {
        return unsent < MOST_UNSENT;
    }

    private void write(List<ByteBuffer> parts) {
        unsent += LENGTH_BYTES;
        for (ByteBuffer part : parts) {
            unsent += part.remaining();
        }
        if (phase instanceof Phase.Ready(LinkPurpose purpose, LinkPulse pulse)) {
            pulse.said(nowMs);
            if (purpose != LinkPurpose.FOLLOW && reads && !hasRoom()) {
                reads = false;
                line.reading(false);
            }
        }
        line.write(parts);
    }

    /// So many bytes of what was written have left.
    public void taken(int bytes, long now) {
        nowMs = now;
        boolean had = hasRoom();
        unsent = Math.max(0, unsent - bytes);
        if (!had && hasRoom() && phase instanceof Phase.Ready(_, LinkPulse pulse)) {
            if (!reads) {
                // What came meanwhile has not been looked at.
                reads = true;
                pulse.heard(now);
                line.reading(true);
            }
            events.room();
        }
    }

    // ---- time and ends

    /// When [#tick] has something to do at the latest; [Long#MAX_VALUE] for never.
    public long nextMs() {
        return switch (phase) {
            case Phase.Stranger(long untilMs, _) -> untilMs;
            case Phase.Ready(_, LinkPulse pulse) -> pulse.nextMs();
            case Phase.Closed _ -> Long.MAX_VALUE;
        };
    }

    public void tick(long now) {
        nowMs = now;
        switch (phase) {
            case Phase.Stranger(long untilMs, _) when untilMs <= now ->
                end("no proof of who it is within " + STRANGER_MS + " ms", LinkRefusal.NOT_A_PEER);
            case Phase.Ready(_, LinkPulse pulse) -> {
                if (pulse.isSilent(now)) {
                    end("silent for " + LinkPulse.SILENCE_MS + " ms", null);
                } else if (pulse.isDue(now)) {
                    write(List.of(LinkFrames.alive()));
                }
            }
            case Phase.Stranger _, Phase.Closed _ -> { }
        }
    }

    /// The connection has ended.
    public void lost(String why, long now) {
        nowMs = now;
        end(why, null);
    }

    /// For good.
    public void close(String why, long now) {
        nowMs = now;
        end(why, null);
    }

    private void end(String why, @Nullable LinkRefusal refusal) {
        if (phase instanceof Phase.Closed) {
            return;
        }
        phase = new Phase.Closed();
        framing.end();
        begun.clear();
        begunBytes = 0;
        line.close();
        events.closed(why, refusal);
    }
}
