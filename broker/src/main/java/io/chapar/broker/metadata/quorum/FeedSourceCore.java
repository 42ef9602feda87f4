package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.quorum.FeedTold.Content;
import io.chapar.broker.metadata.quorum.FeedTold.Entries;
import io.chapar.broker.metadata.quorum.FeedTold.Nothing;
import io.chapar.broker.metadata.quorum.FeedTold.Piece;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;

/// What a voter tells brokers that do not vote: the entries that they do not have, as they come, or where those are not
/// kept any more, a snapshot in parts.
///
/// ```
///           +--it has all--> waits --an entry, another controller, the time is over--> told
/// asked ----+--its next entry is kept--> told
///           +--it is too far behind--> waits for a snapshot, unless there is one--> told a part
/// ```
/// Whoever asks says what it has, so nothing is kept of it here beyond its question, and no answer that is lost is
/// missed. Nothing is told of entries without records: they change no image.
///
/// Owned by the log's loop; times are that loop's, in milliseconds.
final class FeedSourceCore {
    /// So long is a question kept where there is no answer, that both sides know of each other.
    static final long WAIT_MS = 1_000;
    static final int MAX_WAITING = 256;
    static final int MAX_KEPT = 1_000;
    static final int MAX_KEPT_BYTES = 4 << 20;
    /// An answer gets no further entry beyond it, and no more of a snapshot.
    static final int FULL_BYTES = 1 << 20;
    static final long SNAPSHOT_KEPT_MS = 30_000;

    sealed interface Effect {}

    record Tell(Consumer<ByteBuffer> answer, ByteBuffer told) implements Effect {}

    /// Makes a snapshot, away from the loop; then [#encoded].
    record Encode(QuorumState state) implements Effect {}

    /// The image has grown past what a snapshot may be: whoever is too far behind is told nothing for now.
    record TooLarge(int bytes) implements Effect {}

    private record Kept(long base, ByteBuffer entry) {}

    private record Waiting(Consumer<ByteBuffer> answer, FeedAsk ask, long untilMs) {}

    private record Snapshot(long version, ByteBuffer bytes, long untilMs) {}

    private final UUID group;
    private final Consumer<Effect> out;
    private final Deque<Kept> kept = new ArrayDeque<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private QuorumState state = QuorumState.EMPTY;
    private int controller = MetadataQuorum.NOBODY;
    private long keptBytes;
    private @Nullable Snapshot snapshot;
    private boolean encoding;
    /// No snapshot is made before, since the latest was too large.
    private long encodeFromMs = Long.MIN_VALUE;

    FeedSourceCore(UUID group, Consumer<Effect> out) {
        this.group = group;
        this.out = out;
    }

    private long version() {
        return state.image().version();
    }

    /// Without an answer where too many wait: whoever asked goes elsewhere.
    void asked(Consumer<ByteBuffer> answer, FeedAsk ask, long untilMs, long nowMs) {
        FeedAsk known = ask.group().equals(group) ? ask
                : new FeedAsk(group, FeedAsk.NOTHING, ask.snapshot(), ask.offset());
        Content content = content(known, nowMs);
        if (content != null) {
            out.accept(new Tell(answer, told(content)));
        } else if (waiting.size() < MAX_WAITING) {
            waiting.add(new Waiting(answer, known, untilMs));
        }
    }

    /// The log has come to that entry.
    ///
    /// @param encoded the bytes of it, which nobody changes
    void applied(ByteBuffer encoded, long base, QuorumState after, long nowMs) {
        boolean isNew = after.image().version() > version();
        state = after;
        if (isNew) {
            kept.add(new Kept(base, encoded));
            keptBytes += encoded.remaining();
            while (kept.size() > MAX_KEPT || (keptBytes > MAX_KEPT_BYTES && kept.size() > 1)) {
                keptBytes -= kept.removeFirst().entry().remaining();
            }
            tellAll(nowMs);
        }
    }

    /// This voter was given what others' logs add up to.
    void restored(QuorumState restored, long nowMs) {
        state = restored;
        kept.clear();
        keptBytes = 0;
        tellAll(nowMs);
    }

    void controller(int node, long nowMs) {
        controller = node;
        tellAll(nowMs, new Nothing());
    }

    /// @param bytes of the snapshot
    void encoded(long version, ByteBuffer bytes, long nowMs) {
        encoding = false;
        if (bytes.remaining() <= QuorumState.MAX_SNAPSHOT_BYTES) {
            snapshot = new Snapshot(version, bytes, nowMs + SNAPSHOT_KEPT_MS);
            tellAll(nowMs);
        } else {
            encodeFromMs = nowMs + SNAPSHOT_KEPT_MS;
            out.accept(new TooLarge(bytes.remaining()));
        }
    }

    private void tellAll(long nowMs) {
        tellAll(nowMs, null);
    }

    /// Those that have the same are told the same bytes.
    private void tellAll(long nowMs, @Nullable Nothing otherwise) {
        Map<Long, ByteBuffer> known = new TreeMap<>();
        for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
            Waiting one = all.next();
            boolean isPiece = one.ask().snapshot() != FeedAsk.NOTHING;
            ByteBuffer told = isPiece ? null : known.get(one.ask().version());
            if (told == null) {
                Content content = content(one.ask(), nowMs);
                content = content == null ? otherwise : content;
                told = content == null ? null : told(content);
            }
            if (told != null) {
                if (!isPiece) {
                    known.put(one.ask().version(), told);
                }
                all.remove();
                out.accept(new Tell(one.answer(), told));
            }
        }
    }

    private ByteBuffer told(Content content) {
        return FeedCodec.encode(new FeedTold(group, controller, version(), content));
    }

    /// Null while there is nothing to tell.
    private @Nullable Content content(FeedAsk ask, long nowMs) {
        Snapshot made = snapshot;
        if (made != null && made.version() == ask.snapshot() && ask.offset() < made.bytes().remaining()) {
            return piece(made, ask.offset(), nowMs);
        }
        if (ask.version() >= version()) {
            return null;
        }
        List<ByteBuffer> next = next(ask.version());
        if (!next.isEmpty()) {
            return new Entries(next);
        }
        if (made != null && (made.version() == version() || !next(made.version()).isEmpty())) {
            return piece(made, 0, nowMs);
        }
        if (!encoding && nowMs >= encodeFromMs) {
            encoding = true;
            out.accept(new Encode(state));
        }
        return null;
    }

    private Piece piece(Snapshot made, int offset, long nowMs) {
        snapshot = new Snapshot(made.version(), made.bytes(), nowMs + SNAPSHOT_KEPT_MS);
        int total = made.bytes().remaining();
        return new Piece(made.version(), total, offset,
                made.bytes().slice(made.bytes().position() + offset, Math.min(FULL_BYTES, total - offset)));
    }

    /// Empty where the entry on top of that version is not kept.
    private List<ByteBuffer> next(long version) {
        List<ByteBuffer> entries = new ArrayList<>();
        long bytes = 0;
        if (!kept.isEmpty() && kept.getFirst().base() <= version) {
            for (Kept one : kept) {
                if (entries.isEmpty() ? one.base() == version : bytes < FULL_BYTES) {
                    entries.add(one.entry());
                    bytes += one.entry().remaining();
                }
            }
        }
        return entries;
    }

    void tick(long nowMs) {
        if (snapshot != null && snapshot.untilMs() <= nowMs) {
            snapshot = null;
        }
        for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
            Waiting one = all.next();
            if (one.untilMs() <= nowMs) {
                all.remove();
                out.accept(new Tell(one.answer(), told(new Nothing())));
            }
        }
    }

    /// When [#tick] has something to do; [Long#MAX_VALUE] while there is nothing.
    long nextMs() {
        long next = snapshot == null ? Long.MAX_VALUE : snapshot.untilMs();
        for (Waiting one : waiting) {
            next = Math.min(next, one.untilMs());
        }
        return next;
    }
}
