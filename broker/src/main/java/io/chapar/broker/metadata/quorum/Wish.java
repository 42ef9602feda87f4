package io.chapar.broker.metadata.quorum;

import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// A proposal that waits here for its answer.
///
/// ```
///            +--this broker decides--> Gathered --entry--> UnderWay --took effect--> answered
///            |                           ^                    | dropped, or not known
///   placed --+---------------------------+--------------------+
///            |--another decides--> Sent --not known, elsewhere--> Resting --in a while, or another role--> placed
///            +--nobody decides---> Resting    | done
///                                             +--> Decided --the image here shows it--> answered
/// ```
/// Owned by the core's loop.
final class Wish {
    static final Comparator<Wish> BY_DEADLINE =
            Comparator.<Wish>comparingLong(wish -> wish.deadlineMs).thenComparing(wish -> wish.proposal.id());
    private static final long FIRST_REST_MS = 20;
    private static final long LONGEST_REST_MS = 500;
    /// A base that no version overtakes.
    private static final long FOR_EVER = Long.MAX_VALUE;
    private static final long NONE = -1;

    sealed interface Place {}

    record Gathered() implements Place {}

    record UnderWay() implements Place {}

    record Sent(long attempt, int controller) implements Place {}

    /// @param untilMs [Long#MAX_VALUE] until the role changes
    record Resting(long untilMs) implements Place {}

    record Decided(QuorumOutcome.Done done) implements Place {}

    final Proposal proposal;
    final long deadlineMs;
    /// Whether another broker handed it here.
    final boolean isForeign;
    /// Whom to answer.
    long ticket;
    Place place = new Resting(Long.MAX_VALUE);
    /// All of them: any may yet be answered.
    final List<Long> attempts = new ArrayList<>();
    /// It was handed to a controller so often without a word on what became of it.
    private int unknownAttempts;
    /// The greatest base of an entry that it stands in and that may yet take effect, or [#NONE].
    private long unknownBase = NONE;
    private long restMs = FIRST_REST_MS;

    Wish(Proposal proposal, long deadlineMs, boolean isForeign, long ticket) {
        this.proposal = proposal;
        this.deadlineMs = deadlineMs;
        this.isForeign = isForeign;
        this.ticket = ticket;
    }

    boolean mayBeDone() {
        return unknownAttempts > 0 || unknownBase != NONE;
    }

    void sent(long attempt) {
        attempts.add(attempt);
        unknownAttempts++;
    }

    /// One of the attempts has surely done nothing.
    void cleared() {
        unknownAttempts--;
    }

    void stoodInEntryOn(long base) {
        unknownBase = Math.max(unknownBase, base);
    }

    /// Every entry up to that version is known here, and it took effect in none.
    void overtaken(long version) {
        if (unknownBase < version) {
            unknownBase = NONE;
        }
    }

    /// Entries passed by unseen.
    void neverToldOfItsEntry() {
        if (unknownBase != NONE) {
            unknownBase = FOR_EVER;
        }
    }

    /// Waits before it is sent again, each time longer.
    void rest(long nowMs) {
        place = new Resting(nowMs + restMs);
        restMs = Math.min(LONGEST_REST_MS, 2 * restMs);
    }

    QuorumOutcome late() {
        return mayBeDone() || place instanceof Decided
                ? new QuorumOutcome.Unknown(ErrorCode.REQUEST_TIMED_OUT,
                        "The metadata quorum has not told in time whether it is done.")
                : new QuorumOutcome.Refused(ErrorCode.REQUEST_TIMED_OUT,
                        "Nothing was done: the metadata quorum did not come to it in time.");
    }
}
