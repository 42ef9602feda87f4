package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.CommandCodec;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCodec;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.quorum.QuorumEffect.Answer;
import io.chapar.broker.metadata.quorum.QuorumEffect.Forward;
import io.chapar.broker.metadata.quorum.QuorumEffect.Submit;
import io.chapar.broker.metadata.quorum.QuorumEntry.Answered;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Done;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Elsewhere;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Refused;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Unknown;
import io.chapar.broker.metadata.quorum.Remembered.Kept;
import io.chapar.broker.metadata.quorum.Wish.Decided;
import io.chapar.broker.metadata.quorum.Wish.Gathered;
import io.chapar.broker.metadata.quorum.Wish.Resting;
import io.chapar.broker.metadata.quorum.Wish.Sent;
import io.chapar.broker.metadata.quorum.Wish.UnderWay;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// What one broker does with wishes for the cluster: decides them where it is the controller, else hands them to
/// whoever is, and learns from the log what became of them.
///
/// A controller decides together all that has come, and puts it into the log as one entry; meanwhile further wishes
/// wait and share the next. An entry takes effect on the version alone that it was decided on. So of entries that two
/// controllers make at the same time one counts, an entry that comes late or twice changes nothing, and as soon as the
/// image has gone beyond the base of an entry it is known for certain whether that one took effect.
///
/// A wish keeps its id however often it is sent. What must not be done twice is remembered by the log with its answer;
/// so a wish of which nothing is known may always be sent again, to whoever decides then.
///
/// Owned by one loop; times are that loop's, in milliseconds. Effects go to the sink at once, and are performed later.
final class QuorumCore {
    /// At most so many wishes wait here, and of so many bytes; further ones are refused.
    static final int MAX_WAITING = 10_000;
    static final long MAX_WAITING_BYTES = 32 << 20;
    /// An entry takes no further wish beyond this.
    static final int FULL_ENTRY_BYTES = 2 << 20;
    private static final int ENTRY_OVERHEAD = 64;

    private final ControllerCore controller;
    private final long proposer;
    private final Consumer<QuorumEffect> out;
    private final Map<ProposalId, Wish> wishes = new TreeMap<>();
    private final TreeSet<Wish> byDeadline = new TreeSet<>(Wish.BY_DEADLINE);
    private final LinkedHashSet<Wish> gathered = new LinkedHashSet<>();
    private final Map<Long, Wish> attempts = new TreeMap<>();
    private Gate gate = Gate.OPEN;
    private QuorumState state;
    private QuorumRole role = new QuorumRole.NoController();
    private @Nullable Begun underWay;
    private long waitingBytes;
    private long lastNumber;
    private long lastAttempt;
    private long lastSubmission;

    /// The entry that is on its way into the log.
    private record Begun(long submission, QuorumEntry entry, List<Wish> wishes) {
        boolean is(QuorumEntry other) {
            return entry.base() == other.base()
                    && entry.answers().getFirst().id().equals(other.answers().getFirst().id());
        }
    }

    /// @param proposer drawn anew by each life
    QuorumCore(ControllerCore controller, long proposer, QuorumState state, Consumer<QuorumEffect> out) {
        this.controller = controller;
        this.proposer = proposer;
        this.state = state;
        this.out = out;
    }

    /// Asked before each wish is decided here.
    void gate(Gate by) {
        gate = by;
    }

    QuorumState state() {
        return state;
    }

    QuorumRole role() {
        return role;
    }

    // ---- wishes come

    void propose(long ticket, MetadataCommand<?> command, long deadlineMs, long nowMs) {
        ProposalId id = new ProposalId(proposer, ++lastNumber);
        take(ticket, new Proposal(id, state.image().version(), command, CommandCodec.encode(command)), deadlineMs,
                false, nowMs);
    }

    /// Another broker takes this one for the controller.
    void handedOver(long ticket, Proposal proposal, long deadlineMs, long nowMs) {
        if (!(role instanceof QuorumRole.Controls)) {
            out.accept(new Answer(ticket, new Elsewhere()));
            return;
        }
        Wish known = wishes.get(proposal.id());
        if (known != null) {
            long former = known.ticket;
            known.ticket = ticket;
            out.accept(new Answer(former, new Unknown(ErrorCode.REQUEST_TIMED_OUT, "It was sent again.")));
            return;
        }
        take(ticket, proposal, deadlineMs, true, nowMs);
    }

    private void take(long ticket, Proposal proposal, long deadlineMs, boolean isForeign, long nowMs) {
        Wish wish = new Wish(proposal, deadlineMs, isForeign, ticket);
        if (deadlineMs < nowMs) {
            out.accept(new Answer(ticket, wish.late()));
            return;
        }
        int bytes = proposal.encoded().remaining();
        if (wishes.size() >= MAX_WAITING || waitingBytes + bytes > MAX_WAITING_BYTES) {
            out.accept(new Answer(ticket, new Refused(ErrorCode.REQUEST_TIMED_OUT,
                    "Nothing was done: too many changes of the cluster wait already.")));
            return;
        }
        waitingBytes += bytes;
        wishes.put(proposal.id(), wish);
        byDeadline.add(wish);
        place(wish, nowMs);
        decide();
    }

    /// Puts it where the present role wants it. What is gathered has to be decided afterwards.
    private void place(Wish wish, long nowMs) {
        switch (role) {
            case QuorumRole.Controls _ -> {
                wish.place = new Gathered();
                gathered.add(wish);
            }
            case QuorumRole.Follows(int node) -> {
                long attempt = ++lastAttempt;
                wish.place = new Sent(attempt, node);
                wish.sent(attempt);
                attempts.put(attempt, wish);
                out.accept(new Forward(attempt, node, wish.proposal, Math.max(0, wish.deadlineMs - nowMs)));
            }
            case QuorumRole.NoController _ -> wish.place = new Resting(Long.MAX_VALUE);
        }
    }

    private void end(Wish wish, QuorumOutcome outcome) {
        wishes.remove(wish.proposal.id());
        byDeadline.remove(wish);
        gathered.remove(wish);
        wish.attempts.forEach(attempts::remove);
        waitingBytes -= wish.proposal.encoded().remaining();
        out.accept(new Answer(wish.ticket, outcome));
    }

    private void done(Wish wish, Done done) {
        if (state.image().version() >= done.version()) {
            end(wish, done);
        } else {
            gathered.remove(wish);
            wish.place = new Decided(done);
        }
    }

    // ---- who decides

    void role(QuorumRole now, long nowMs) {
        if (now.equals(role)) {
            return;
        }
        role = now;
        gathered.clear();
        underWay = null;
        for (Wish wish : List.copyOf(wishes.values())) {
            if (wish.place instanceof Decided) {
                continue;
            }
            if (wish.isForeign && !(role instanceof QuorumRole.Controls)) {
                end(wish, wish.mayBeDone()
                        ? new Unknown(ErrorCode.NOT_CONTROLLER, "The controller has changed meanwhile.")
                        : new Elsewhere());
            } else {
                place(wish, nowMs);
            }
        }
        decide();
    }

    /// How the handing over of a proposal ended; null when the other broker surely has not got it.
    void forwarded(long attempt, @Nullable QuorumOutcome outcome, long nowMs) {
        Wish wish = attempts.remove(attempt);
        if (wish == null || wish.place instanceof Decided) {
            return;
        }
        boolean isLatest = wish.place instanceof Sent sent && sent.attempt() == attempt;
        switch (outcome) {
            case Done done -> done(wish, done);
            case Refused refused -> {
                wish.cleared();
                if (isLatest && !wish.mayBeDone()) {
                    end(wish, refused);
                } else if (isLatest) {
                    wish.rest(nowMs);
                }
            }
            case Unknown _ -> {
                if (isLatest) {
                    wish.rest(nowMs);
                }
            }
            case Elsewhere _ -> notThere(wish, isLatest, nowMs);
            case null -> notThere(wish, isLatest, nowMs);
        }
    }

    private static void notThere(Wish wish, boolean isLatest, long nowMs) {
        wish.cleared();
        if (isLatest) {
            wish.rest(nowMs);
        }
    }

    // ---- deciding

    private void decide() {
        if (!(role instanceof QuorumRole.Controls) || underWay != null) {
            return;
        }
        Deciding deciding = new Deciding(state.image());
        for (Wish wish : List.copyOf(gathered)) {
            if (deciding.bytes >= FULL_ENTRY_BYTES || !decideOne(wish, deciding)) {
                break;
            }
        }
        if (deciding.answers.isEmpty()) {
            return;
        }
        Integer digest = state.isDigestDue() ? state.digest() : null;
        QuorumEntry entry = new QuorumEntry(state.image().version(), digest, deciding.records, deciding.answers);
        underWay = new Begun(++lastSubmission, entry, deciding.wishes);
        for (Wish wish : deciding.wishes) {
            gathered.remove(wish);
            wish.place = new UnderWay();
            if (!entry.records().isEmpty()) {
                wish.stoodInEntryOn(entry.base());
            }
        }
        out.accept(new Submit(lastSubmission, entry, entry.encode(MetadataCodec.joined(deciding.encoded))));
    }

    /// What one entry is made of, as far as it is.
    private static final class Deciding {
        private ClusterImage image;
        private final List<MetadataRecord> records = new ArrayList<>();
        /// Of the records, wish by wish: of many partitions that takes long, and is done once.
        private final List<byte[]> encoded = new ArrayList<>();
        private final List<Answered> answers = new ArrayList<>();
        private final List<Wish> wishes = new ArrayList<>();
        private long bytes = ENTRY_OVERHEAD;

        Deciding(ClusterImage image) {
            this.image = image;
        }
    }

    /// False when the entry has no room for it.
    private boolean decideOne(Wish wish, Deciding deciding) {
        Proposal proposal = wish.proposal;
        Kept kept = state.remembered().get(proposal.id());
        if (kept != null) {
            end(wish, new Done(kept.version(), kept.answer()));
            return true;
        }
        if (proposal.isRemembered() && proposal.since() < state.remembered().forgotten()) {
            end(wish, new Unknown(ErrorCode.REQUEST_TIMED_OUT,
                    "So much was changed meanwhile that nobody knows whether this was done."));
            return true;
        }
        MetadataLog.Refused<?> refused = gate.refusal(proposal.command());
        if (refused != null) {
            end(wish, wish.mayBeDone() ? new Unknown(refused.error(), refused.reason())
                    : new Refused(refused.error(), refused.reason()));
            return true;
        }
        return decideAnew(wish, proposal.command(), deciding);
    }

    private <R> boolean decideAnew(Wish wish, MetadataCommand<R> command, Deciding deciding) {
        Decision<R> decision = controller.decide(command, deciding.image);
        ByteBuffer answer = CommandCodec.encodeAnswer(command, decision.result());
        byte[] encoded = MetadataCodec.encode(decision.records());
        long bytes = encoded.length + answer.remaining() + (long) Answered.OVERHEAD;
        if (bytes + ENTRY_OVERHEAD > QuorumEntry.MAX_BYTES) {
            end(wish, wish.mayBeDone()
                    ? new Unknown(ErrorCode.POLICY_VIOLATION, "It is too large a change to be made at once.")
                    : new Refused(ErrorCode.POLICY_VIOLATION,
                            "Nothing was done: it is too large a change to be made at once."));
            return true;
        }
        if (deciding.bytes + bytes > QuorumEntry.MAX_BYTES) {
            return false;
        }
        deciding.bytes += bytes;
        deciding.image = deciding.image.apply(decision.records());
        deciding.records.addAll(decision.records());
        deciding.encoded.add(encoded);
        boolean remember = wish.proposal.isRemembered() && !decision.records().isEmpty();
        deciding.answers.add(new Answered(wish.proposal.id(), remember, answer));
        deciding.wishes.add(wish);
        return true;
    }

    /// The log has not taken that entry, or not told that it has.
    ///
    /// @param isSure whether it never will
    void notSubmitted(long submission, boolean isSure, long nowMs) {
        Begun begun = underWay;
        if (begun == null || begun.submission() != submission) {
            return;
        }
        underWay = null;
        begun.wishes().stream().filter(this::isWaiting).forEach(wish -> {
            if (isSure) {
                wish.overtaken(begun.entry().base() + 1);
            }
            wish.rest(nowMs);
        });
    }

    // ---- what the log says

    /// The log has come to that entry.
    void applied(QuorumEntry entry, QuorumState.Applied applied, long nowMs) {
        state = applied.after();
        if (applied.tookEffect()) {
            for (Answered one : entry.answers()) {
                Wish wish = wishes.get(one.id());
                if (wish != null) {
                    done(wish, new Done(state.image().version(), one.answer()));
                }
            }
        }
        caughtUp();
        endEntry(underWay != null && underWay.is(entry), nowMs);
        decide();
    }

    /// Who stood in an entry that can have no effect any more is gathered again, before those that came later.
    private void endEntry(boolean isThere, long nowMs) {
        Begun begun = underWay;
        if (begun != null && (isThere || state.image().version() > begun.entry().base())) {
            underWay = null;
            List<Wish> later = List.copyOf(gathered);
            gathered.clear();
            begun.wishes().stream().filter(this::isWaiting).filter(wish -> wish.place instanceof UnderWay)
                    .forEach(wish -> place(wish, nowMs));
            gathered.addAll(later);
        }
    }

    /// This voter was so far behind that it was given what others' logs add up to.
    void restored(QuorumState restored, long nowMs) {
        state = restored;
        for (Wish wish : List.copyOf(wishes.values())) {
            Kept kept = state.remembered().get(wish.proposal.id());
            if (kept != null) {
                done(wish, new Done(kept.version(), kept.answer()));
            } else if (!wish.proposal.isRemembered()
                    || wish.proposal.since() < state.remembered().forgotten()) {
                wish.neverToldOfItsEntry();
            }
        }
        caughtUp();
        endEntry(false, nowMs);
        decide();
    }

    private boolean isWaiting(Wish wish) {
        return wishes.get(wish.proposal.id()) == wish;
    }

    private void caughtUp() {
        long version = state.image().version();
        for (Wish wish : List.copyOf(wishes.values())) {
            wish.overtaken(version);
            if (wish.place instanceof Decided(Done done) && done.version() <= version) {
                end(wish, done);
            }
        }
    }

    // ---- time

    void tick(long nowMs) {
        while (!byDeadline.isEmpty() && byDeadline.first().deadlineMs <= nowMs) {
            Wish wish = byDeadline.first();
            end(wish, wish.late());
        }
        for (Wish wish : List.copyOf(wishes.values())) {
            if (wish.place instanceof Resting resting && resting.untilMs() <= nowMs) {
                place(wish, nowMs);
            }
        }
        decide();
    }

    /// When [#tick] has something to do; [Long#MAX_VALUE] while nothing waits.
    long nextMs() {
        long next = byDeadline.isEmpty() ? Long.MAX_VALUE : byDeadline.first().deadlineMs;
        for (Wish wish : wishes.values()) {
            if (wish.place instanceof Resting resting) {
                next = Math.min(next, resting.untilMs());
            }
        }
        return next;
    }
}
