package io.chapar.broker.peer;

import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.Peers.Asked;
import io.chapar.broker.peer.Peers.Unsent;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.transport.Backoff;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// The end of a link that dials: one loop of this broker, one other broker, one purpose.
///
/// ```
///        asked, or wanted         dialled             welcome
/// IDLE -----------------> DIALLING ------> GREETING ---------> READY
///  ^                       ^    |              |                 |
///  |                       |    +--------------+-----------------+ refused, silent, broken, too late
///  |     time              |    v
///  +----------------- RESTING, or DIALLING at once where the link was steady
/// ```
/// A link that breaks is dialled again, at once where it was steady, since a connection that is refused then, and
/// [#SECOND_LOOK_MS] later again, tells that the process is gone. A link to follow on is dialled once. While a link
/// rests nothing is asked on it: whoever asks hears so and can look who leads by now. A link on which voters speak goes
/// when they have nothing to say for [#QUIET_MS].
///
/// Owned by one loop. Times are that loop's, in milliseconds. Bytes and connections are the [LinkLine]'s.
public final class PeerLinkCore implements LinkFraming.Out {
    static final long FIRST_REST_MS = 20;
    static final long LONGEST_REST_MS = 1_000;
    /// Between two refused connections that prove something.
    public static final long SECOND_LOOK_MS = 50;
    static final long DIAL_MS = 2_000;
    static final long HELLO_MS = 3_000;
    /// For so long a process is looked for whose connections end: it may be closing its port only now.
    static final long LOOK_MS = 1_000;
    /// A link that lasted so long is dialled again at once.
    static final long STEADY_MS = 1_000;
    static final long QUIET_MS = 10_000;
    /// What is handed to the line and has not left. More waits, so that what is urgent overtakes it.
    static final int MOST_HANDED = 128 << 10;
    /// With so many failures a link rests for as long as it ever does.
    private static final int REFUSED_FAILURES = 8;
    /// With so many it rests for less than a tenth of a second.
    private static final int PASSING_FAILURES = 3;
    private static final int LENGTH_BYTES = 4;

    private sealed interface Phase {
        record Idle() implements Phase {}

        /// @param again whether it is dialled then whoever asks or not
        record Resting(long untilMs, boolean again) implements Phase {}

        record Dialling(long untilMs) implements Phase {}

        record Hello(long untilMs, Handshake.Dialler handshake) implements Phase {}

        record Ready(long sinceMs, LinkPulse pulse) implements Phase {}

        record Closed() implements Phase {}
    }

    /// The other end.
    ///
    /// @param name for people
    public record Target(int node, String name) {}

    private final Target target;
    private final Handshake handshake;
    private final LinkPurpose purpose;
    private final LinkLimits limits;
    private final Backoff backoff;
    private final LinkLine.Dialling line;
    private final LinkEvents events;
    private final Questions questions;
    private Phase phase = new Phase.Idle();
    private LinkFraming framing;
    private boolean wanted;
    private int failures;
    private int refusals;
    private long firstRefusedMs;
    private boolean suspected;
    private int handed;
    private long askedMs;
    private long lookUntilMs = Long.MIN_VALUE;
    /// Why it ends as soon as nothing is under way; null while it is to stay.
    private @Nullable String retiring;
    /// The time of the event that is being handled.
    private long nowMs;

    /// @param own what this broker says of itself
    /// @param secret null where there is none
    /// @param random that nobody can guess
    public PeerLinkCore(Target target, Greeting own, @Nullable PeerSecret secret, LinkPurpose purpose,
            LinkLimits limits, RandomGenerator random, LinkLine.Dialling line, LinkEvents events) {
        this.target = target;
        this.purpose = purpose;
        this.limits = limits;
        this.line = line;
        this.events = events;
        handshake = new Handshake(own, secret, random);
        backoff = new Backoff(FIRST_REST_MS, LONGEST_REST_MS, random);
        questions = new Questions(target.name(), limits.mostQuestionBytes());
        framing = new LinkFraming(LinkFrames.MOST_BEFORE_PROOF, this);
    }

    // ---- what is wanted

    /// The link is to be there, whether somebody asks or not.
    public void want(long now) {
        nowMs = now;
        wanted = true;
        if (phase instanceof Phase.Idle) {
            dial();
        }
    }

    /// Looks whether there is a process at the address, where the link is not there anyway.
    public void look(long now) {
        nowMs = now;
        lookUntilMs = now + LOOK_MS;
        if (phase instanceof Phase.Idle) {
            dial();
        } else if (phase instanceof Phase.Resting(long untilMs, _)) {
            phase = new Phase.Resting(untilMs, true);
        }
    }

    /// The other end was heard of just now: a link that rests may be dialled again by who asks next.
    public void answers(long now) {
        nowMs = now;
        if (phase instanceof Phase.Resting(_, boolean again)) {
            failures = 0;
            phase = new Phase.Idle();
            if (again || wanted) {
                dial();
            }
        }
    }

    /// `done` is run later, once, unless this says why the question does not leave.
    ///
    /// @param image the version of the metadata that has to be known where it is begun
    public @Nullable Unsent ask(
            Request request, short version, long image, long deadlineMs, long now, Consumer<Asked> done) {
        return ask(new Ask.OfKafka(ApiKey.of(request), request, version, image, done), deadlineMs, now);
    }

    /// The same for what is none of Kafka's.
    public @Nullable Unsent ask(
            Matter matter, ByteBuffer bytes, long deadlineMs, long now, Consumer<Matter.Ended> done) {
        return ask(new Ask.InBytes(matter, bytes, done), deadlineMs, now);
    }

    private @Nullable Unsent ask(Ask ask, long deadlineMs, long now) {
        nowMs = now;
        askedMs = now;
        if (phase instanceof Phase.Closed) {
            return new Unsent("the link to " + target.name() + " is closed");
        }
        if (phase instanceof Phase.Resting) {
            return new Unsent(target.name() + " could not be reached a moment ago");
        }
        Unsent refused = questions.ask(ask, deadlineMs, now);
        if (refused == null) {
            if (phase instanceof Phase.Idle) {
                dial();
            }
            pump();
        }
        return refused;
    }

    /// A frame of the link's purpose; dropped where the link is not there. Its own purpose bounds how many wait.
    public void say(List<ByteBuffer> parts, long now) {
        nowMs = now;
        if (phase instanceof Phase.Ready) {
            write(parts);
        }
    }

    /// Whether what was said has left but for a little.
    public boolean hasRoom() {
        return handed < MOST_HANDED;
    }

    public boolean isReady() {
        return phase instanceof Phase.Ready;
    }

    /// For good, once what is under way has ended. Nothing more is to be asked.
    public void retire(String why, long now) {
        nowMs = now;
        retiring = why;
        endWhereQuiet();
    }

    public boolean isClosed() {
        return phase instanceof Phase.Closed;
    }

    /// For good. What is under way ends.
    public void close(String why, long now) {
        nowMs = now;
        if (!(phase instanceof Phase.Closed)) {
            end(new Phase.Closed(), why, !(phase instanceof Phase.Idle));
        }
    }

    // ---- what the line tells

    public void dialled(long now) {
        nowMs = now;
        if (phase instanceof Phase.Dialling) {
            refusals = 0;
            suspected = false;
            handed = 0;
            framing = new LinkFraming(LinkFrames.MOST_BEFORE_PROOF, this);
            Handshake.Dialler dialler = new Handshake.Dialler(handshake, purpose, target.node());
            phase = new Phase.Hello(now + HELLO_MS, dialler);
            write(List.of(dialler.hello()));
        }
    }

    /// Nobody listens at the address.
    public void refused(long now) {
        nowMs = now;
        if (!(phase instanceof Phase.Dialling)) {
            return;
        }
        if (refusals++ == 0) {
            firstRefusedMs = now;
        }
        boolean proven = now - firstRefusedMs >= SECOND_LOOK_MS;
        boolean news = proven && !suspected;
        suspected |= proven;
        failures++;
        long untilMs = proven ? now + backoff.delayMs(failures) : firstRefusedMs + SECOND_LOOK_MS;
        boolean again = dialsAgain() && (!proven || wanted);
        end(new Phase.Resting(untilMs, again), target.name() + " refuses connections", true);
        if (news) {
            events.suspects(Evidence.REFUSED);
        }
    }

    /// No connection came about for any other reason.
    public void unreached(String why, long now) {
        nowMs = now;
        if (phase instanceof Phase.Dialling) {
            broken(why);
        }
    }

    /// The connection has ended.
    public void lost(String why, long now) {
        nowMs = now;
        if (phase instanceof Phase.Hello || phase instanceof Phase.Ready) {
            broken("the connection to " + target.name() + " ended: " + why);
        }
    }

    public void received(ByteBuffer bytes, long now) {
        nowMs = now;
        if (phase instanceof Phase.Ready(_, LinkPulse pulse)) {
            pulse.heard(now);
        }
        framing.received(bytes);
        endWhereQuiet();
    }

    /// So many bytes of what was written have left.
    public void taken(int bytes, long now) {
        nowMs = now;
        boolean had = hasRoom();
        handed = Math.max(0, handed - bytes);
        pump();
        if (!had && hasRoom() && phase instanceof Phase.Ready) {
            events.room();
        }
    }

    // ---- frames

    @Override
    public void broken(String why) {
        fail(target.name() + ": " + why, failures + 1);
    }

    @Override
    public void frame(ByteBuffer frame) {
        try {
            switch (phase) {
                case Phase.Hello(_, Handshake.Dialler dialler) -> greeted(dialler.received(frame));
                case Phase.Ready _ -> said(frame);
                case Phase.Idle _, Phase.Resting _, Phase.Dialling _, Phase.Closed _ -> { }
            }
        } catch (MalformedMessageException e) {
            broken("what came cannot be understood: " + e.getMessage());
        }
    }

    private void greeted(Handshake.Step step) {
        switch (step) {
            case Handshake.Say(ByteBuffer frame) -> write(List.of(frame));
            case Handshake.Refuse(LinkRefusal why, _) -> {
                events.refused(why);
                fail(target.name() + " and this broker do not link: " + why.why(),
                        why.passes() ? Math.min(failures + 1, PASSING_FAILURES) : REFUSED_FAILURES);
            }
            case Handshake.Welcome(Greeting other, _, _) -> {
                framing.allow(limits.mostBytes(purpose, true));
                phase = new Phase.Ready(nowMs, new LinkPulse(nowMs));
                pump();
                events.linked(other);
            }
        }
    }

    private void said(ByteBuffer frame) {
        byte kind = frame.get(frame.position());
        if (kind == LinkFrames.ALIVE) {
            return;
        }
        boolean isAnswer = kind == LinkFrames.ANSWER || kind == LinkFrames.DECLINED || kind == LinkFrames.TOLD;
        if (kind >= LinkFrames.FIRST_OF_PURPOSE && purpose == LinkPurpose.FOLLOW) {
            events.frame(frame);
        } else if (isAnswer && purpose != LinkPurpose.FOLLOW) {
            answered(kind, frame);
        } else {
            throw new MalformedMessageException("a frame of kind " + kind);
        }
    }

    private void answered(byte kind, ByteBuffer frame) {
        int id = LinkFrames.id(frame);
        if (!questions.wasAsked(id)) {
            throw new MalformedMessageException("an answer to what was not asked");
        }
        Questions.Question question = questions.answered(id);
        if (question == null) {
            return;
        }
        Runnable tell;
        try {
            tell = kind == LinkFrames.DECLINED ? declined(question.ask(), frame)
                    : question.ask().answer(kind, frame, limits.mostElements());
        } catch (MalformedMessageException e) {
            question.end("the answer of " + target.name() + " cannot be read: " + e.getMessage());
            throw e;
        }
        tell.run();
    }

    private Runnable declined(Ask ask, ByteBuffer frame) {
        LinkFrames.Declined declined = LinkFrames.readDeclined(frame);
        String why = target.name() + " declines: " + declined.why();
        return declined.nothingBegun() ? () -> ask.unsent(new Unsent(why)) : () -> ask.lost(new Peers.Lost(why));
    }

    private void write(List<ByteBuffer> parts) {
        int bytes = LENGTH_BYTES;
        for (ByteBuffer part : parts) {
            bytes += part.remaining();
        }
        handed += bytes;
        if (phase instanceof Phase.Ready(_, LinkPulse pulse)) {
            pulse.said(nowMs);
        }
        line.write(parts);
    }

    /// Hands over what waits, as far as there is room.
    private void pump() {
        while (phase instanceof Phase.Ready && hasRoom()) {
            ByteBuffer next = questions.next(nowMs);
            if (next == null) {
                return;
            }
            write(List.of(next));
        }
    }

    // ---- time

    /// When [#tick] has something to do at the latest; [Long#MAX_VALUE] for never.
    public long nextMs() {
        long own = switch (phase) {
            case Phase.Idle _, Phase.Closed _ -> Long.MAX_VALUE;
            case Phase.Resting(long untilMs, _) -> untilMs;
            case Phase.Dialling(long untilMs) -> untilMs;
            case Phase.Hello(long untilMs, _) -> untilMs;
            case Phase.Ready(_, LinkPulse pulse) -> pulse.nextMs();
        };
        return Math.min(own, questions.nextMs());
    }

    public void tick(long now) {
        nowMs = now;
        for (Questions.Question question : questions.overdue(now)) {
            question.end(target.name() + " did not answer in time");
        }
        switch (phase) {
            case Phase.Resting(long untilMs, boolean again) when untilMs <= now -> {
                phase = new Phase.Idle();
                if (again || wanted) {
                    dial();
                }
            }
            case Phase.Dialling(long untilMs) when untilMs <= now -> broken("no connection within " + DIAL_MS + " ms");
            case Phase.Hello(long untilMs, _) when untilMs <= now -> broken("no welcome within " + HELLO_MS + " ms");
            case Phase.Ready(_, LinkPulse pulse) -> beat(pulse);
            case Phase.Idle _, Phase.Resting _, Phase.Dialling _, Phase.Hello _, Phase.Closed _ -> { }
        }
        endWhereQuiet();
    }

    private void endWhereQuiet() {
        if (questions.size() > 0 || phase instanceof Phase.Closed) {
            return;
        }
        if (retiring != null) {
            close(retiring, nowMs);
        } else if (purpose == LinkPurpose.VOTERS && phase instanceof Phase.Ready && nowMs - askedMs >= QUIET_MS) {
            end(new Phase.Idle(), "nothing was to be said any more", true);
        }
    }

    private void beat(LinkPulse pulse) {
        if (pulse.isSilent(nowMs)) {
            broken("silent for " + LinkPulse.SILENCE_MS + " ms");
            events.suspects(Evidence.SILENT);
        } else if (pulse.isDue(nowMs)) {
            write(List.of(LinkFrames.alive()));
        }
    }

    private void dial() {
        phase = new Phase.Dialling(nowMs + DIAL_MS);
        line.dial();
    }

    // ---- ends

    private void fail(String why, int failuresNow) {
        boolean steady = phase instanceof Phase.Ready(long sinceMs, _) && nowMs - sinceMs >= STEADY_MS;
        failures = steady ? 0 : failuresNow;
        if (phase instanceof Phase.Ready) {
            lookUntilMs = nowMs + LOOK_MS;
        }
        boolean again = dialsAgain() && (nowMs < lookUntilMs || wanted);
        end(new Phase.Resting(nowMs + backoff.delayMs(failures), again), why, true);
    }

    /// Whoever follows begins anew by itself.
    private boolean dialsAgain() {
        return purpose == LinkPurpose.QUESTIONS;
    }

    /// In this order: whoever hears of an end may ask anew at once.
    private void end(Phase next, String why, boolean wasOpen) {
        List<Questions.Question> ended = questions.endAll();
        framing.end();
        if (wasOpen) {
            line.close();
        }
        handed = 0;
        phase = next;
        if (next instanceof Phase.Resting(long untilMs, boolean again) && again && untilMs <= nowMs) {
            dial();
        }
        ended.forEach(question -> question.end(why));
        if (wasOpen) {
            events.unlinked(why);
        }
    }
}
