package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.quorum.FeedTold.Entries;
import io.chapar.broker.metadata.quorum.FeedTold.Nothing;
import io.chapar.broker.metadata.quorum.FeedTold.Piece;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/// From whom a broker that does not vote takes the metadata: from one voter, as long as that answers and is itself in
/// the quorum, else from the next.
///
/// ```
/// ASKING --entries, a whole snapshot--> FOLDING --folded--> ASKING
///   |  ^ nothing new, a part                |
///   |  |                                    | cannot be taken: all of it is wanted anew
///   +--+-- no answer, or one of no use -----+--> RESTING, the next voter --> ASKING
/// ```
/// Who asks says what it has. A quorum that was begun anew after the loss of a majority has another id, and versions
/// beyond all that the former one can have had: its image takes the place of what is known. A voter of a quorum that is
/// behind is asked no further.
///
/// Owned by the log's loop; times are that loop's, in milliseconds.
final class FeedReaderCore {
    static final long ANSWER_MS = 3_000;
    /// A voter that knows of no controller for so long, or has less than this broker, may be cut off.
    static final long STALE_MS = 2_000;
    static final long FIRST_REST_MS = 50;
    static final long LONGEST_REST_MS = 1_000;
    /// After metadata that cannot be taken.
    static final long BROKEN_REST_MS = 1_000;
    /// Answers without anything in them that come at once, before it rests.
    private static final int MOST_QUICK = 5;
    private static final long QUICK_MS = 20;

    sealed interface Effect {}

    /// [#answered] or [#failed] tells how it ended.
    record Ask(long attempt, int voter, FeedAsk ask, long withinMs) implements Effect {}

    /// Adds these entries to what is known, away from the loop; then [#folded] or [#broken].
    record Fold(List<ByteBuffer> entries) implements Effect {}

    /// Takes this in the place of what is known, away from the loop; then [#folded] or [#broken].
    record Restore(ByteBuffer snapshot) implements Effect {}

    /// Who decides is known, or not any more ([MetadataQuorum#NOBODY]).
    record Controller(int node) implements Effect {}

    private enum Phase {
        ASKING, FOLDING, RESTING
    }

    private final List<Integer> voters;
    private final Consumer<Effect> out;
    private int at;
    private Phase phase = Phase.RESTING;
    private UUID group = FeedAsk.NO_GROUP;
    private long version;
    private int controller = MetadataQuorum.NOBODY;
    private boolean wantsAll;
    private long attempt;
    private long askedMs;
    private long restUntilMs;
    private int failures;
    private int quick;
    /// When a voter was last heard that is in the quorum.
    private long informedMs;
    /// Of the snapshot that a part is there of.
    private @Nullable Partial partial;

    private record Partial(UUID group, long version, int total, ByteArrayOutputStream bytes) {}

    /// @param voters at least one
    /// @param first the index of the one that is asked first, so that not all ask the same
    FeedReaderCore(List<Integer> voters, int first, Consumer<Effect> out) {
        this.voters = List.copyOf(voters);
        this.out = out;
        at = first;
    }

    void start(long nowMs) {
        informedMs = nowMs;
        ask(nowMs);
    }

    private void ask(long nowMs) {
        phase = Phase.ASKING;
        askedMs = nowMs;
        Partial has = partial;
        out.accept(new Ask(++attempt, voters.get(at), new FeedAsk(group, wantsAll ? FeedAsk.NOTHING : version,
                has == null ? FeedAsk.NOTHING : has.version(), has == null ? 0 : has.bytes().size()), ANSWER_MS));
    }

    private void rest(long forMs, long nowMs) {
        phase = Phase.RESTING;
        restUntilMs = nowMs + forMs;
    }

    /// The next one is asked; at once, until all have failed.
    private void next(long nowMs) {
        failures++;
        at = (at + 1) % voters.size();
        partial = null;
        int rounds = failures / voters.size();
        rest(rounds == 0 ? 0 : Math.min(LONGEST_REST_MS, FIRST_REST_MS << Math.min(rounds, 10)), nowMs);
    }

    /// That voter has not answered, or nothing that anybody understands.
    void failed(long ofAttempt, long nowMs) {
        if (isAwaited(ofAttempt)) {
            next(nowMs);
            tick(nowMs);
        }
    }

    private boolean isAwaited(long ofAttempt) {
        return phase == Phase.ASKING && ofAttempt == attempt;
    }

    void answered(long ofAttempt, FeedTold told, long nowMs) {
        if (!isAwaited(ofAttempt)) {
            return;
        }
        boolean isOther = !told.group().equals(group) && !group.equals(FeedAsk.NO_GROUP);
        if (isOther && told.version() <= version) {
            next(nowMs);
        } else {
            take(told, nowMs);
        }
        tick(nowMs);
    }

    private void take(FeedTold told, long nowMs) {
        boolean isInformed = told.controller() != MetadataQuorum.NOBODY && (wantsAll || told.version() >= version);
        if (isInformed) {
            informedMs = nowMs;
        }
        if (isInformed || told.controller() != MetadataQuorum.NOBODY) {
            controls(told.controller());
        }
        switch (told.content()) {
            case Nothing _ -> nothing(isInformed, nowMs);
            case Entries(List<ByteBuffer> entries) -> {
                if (wantsAll || !told.group().equals(group)) {
                    next(nowMs);
                } else {
                    worked();
                    partial = null;
                    phase = Phase.FOLDING;
                    out.accept(new Fold(entries));
                }
            }
            case Piece piece -> piece(told.group(), piece, nowMs);
        }
    }

    private void worked() {
        failures = 0;
        quick = 0;
    }

    private void nothing(boolean isInformed, long nowMs) {
        quick = nowMs - askedMs < QUICK_MS ? quick + 1 : 0;
        if (!isInformed && nowMs - informedMs >= STALE_MS) {
            informedMs = nowMs;
            controls(MetadataQuorum.NOBODY);
            next(nowMs);
        } else if (quick > MOST_QUICK) {
            rest(FIRST_REST_MS, nowMs);
        } else {
            failures = 0;
            rest(0, nowMs);
        }
    }

    private void piece(UUID from, Piece piece, long nowMs) {
        Partial has = partial;
        if (piece.offset() == 0) {
            has = new Partial(from, piece.snapshot(), piece.total(), new ByteArrayOutputStream());
        }
        if (has == null || !has.group().equals(from) || has.version() != piece.snapshot()
                || has.total() != piece.total() || has.bytes().size() != piece.offset()
                || has.version() < version) {
            next(nowMs);
            return;
        }
        worked();
        byte[] part = new byte[piece.bytes().remaining()];
        piece.bytes().duplicate().get(part);
        has.bytes().writeBytes(part);
        partial = has;
        if (has.bytes().size() == has.total()) {
            phase = Phase.FOLDING;
            out.accept(new Restore(ByteBuffer.wrap(has.bytes().toByteArray())));
        } else {
            rest(0, nowMs);
        }
    }

    private void controls(int node) {
        if (node != controller) {
            controller = node;
            out.accept(new Controller(node));
        }
    }

    /// What was told is known here.
    ///
    /// @param now the version that there is
    void folded(long now, long nowMs) {
        Partial whole = partial;
        if (whole != null) {
            group = whole.group();
            wantsAll = false;
            partial = null;
        }
        version = now;
        ask(nowMs);
    }

    /// What was told cannot be taken: another voter is to say all of it.
    void broken(long nowMs) {
        next(nowMs);
        wantsAll = true;
        rest(BROKEN_REST_MS, nowMs);
    }

    void tick(long nowMs) {
        if (controller != MetadataQuorum.NOBODY && nowMs - informedMs >= ANSWER_MS + STALE_MS) {
            controls(MetadataQuorum.NOBODY);
        }
        if (phase == Phase.RESTING && restUntilMs <= nowMs) {
            ask(nowMs);
        }
    }

    /// When [#tick] has something to do; [Long#MAX_VALUE] while an event of another kind is waited for.
    long nextMs() {
        long forgotten = controller == MetadataQuorum.NOBODY ? Long.MAX_VALUE : informedMs + ANSWER_MS + STALE_MS;
        return phase == Phase.RESTING ? Math.min(forgotten, restUntilMs) : forgotten;
    }
}
