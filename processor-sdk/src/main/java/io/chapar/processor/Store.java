package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/// The values of one stateful step in one partition, by key, as the latest record has left them: what was committed,
/// and over it what has changed since. A commit that is known brings the changes down, anything else drops them. Arrays
/// are never changed. Changed by one thread; read by functions and questions on others too.
final class Store implements Rows {
    private final StateBudget budget;
    private final CommittedRows committed;
    private final Overlay changes;
    private final Searches searches = new Searches();
    /// What was written to the changelog belongs to these changes alone, so that its standing may go on with them.
    private @Nullable Written written;
    /// Something that was written to the changelog was dropped here.
    private boolean dropped;
    private boolean closed;

    Store(StateBudget budget, CommittedRows committed) {
        this.budget = budget;
        this.committed = committed;
        changes = new Overlay(committed);
    }

    static <V> NavigableMap<byte[], V> entries() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    @Override
    public synchronized byte @Nullable [] get(byte[] key) {
        return closed ? null : changes.get(key);
    }

    @Override
    public synchronized Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
        return closed ? null : changes.first(from, to);
    }

    /// Rows of other kinds are not passed again by the next search.
    @Override
    public synchronized byte @Nullable [] firstOf(Searches.Kind kind, byte[] to) {
        return closed ? null : searches.first(changes, kind, to);
    }

    @Override
    public synchronized Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
        return closed ? null : changes.last(from, to);
    }

    @Override
    public synchronized SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
        return closed ? entries() : changes.range(from, to);
    }

    /// As of the last commit.
    synchronized byte @Nullable [] committed(byte[] key) {
        return closed ? null : committed.get(key);
    }

    /// What the question finds, as of the last commit, at one moment. Null when nothing is here.
    synchronized <T> @Nullable T askCommitted(Function<Rows, @Nullable T> question) {
        return closed ? null : question.apply(committed);
    }

    /// As of the last commit, up to so many entries from `from` on.
    synchronized List<Map.Entry<byte[], byte[]>> committedFrom(byte[] from, int atMost) {
        List<Map.Entry<byte[], byte[]>> found = new ArrayList<>();
        if (!closed) {
            committed.from(from, atMost, (key, value) -> found.add(Map.entry(key, value)));
        }
        return found;
    }

    /// `value` null removes the key.
    synchronized void put(byte[] key, byte @Nullable [] value) {
        long before = changes.bytes();
        changes.put(key, value);
        budget.change(changes.bytes() - before);
        if (value != null) {
            searches.put(key);
        }
    }

    /// Everything that was written to the changelog since the last commit, known to be there.
    synchronized void wrote(Written span) {
        written = written == null ? span : written.and(span);
    }

    /// `readCommitted`: what came to nothing is not read from the changelog either.
    synchronized void commit(boolean readCommitted, long nowMs) {
        if (written == null && changes.isEmpty()) {
            return;
        }
        committed.commit(changes, reached(readCommitted, nowMs));
        written = null;
        dropChanges();
    }

    private @Nullable Standing reached(boolean readCommitted, long nowMs) {
        Standing standing = committed.standing();
        if (standing == null || written == null) {
            return standing;
        }
        boolean own = written.from() == standing.offset() && written.isWithoutGaps() && !dropped;
        return readCommitted || own ? new Standing(standing.topic(), written.end(), Standing.NO_EPOCH, nowMs)
                : standing;
    }

    synchronized void rollback() {
        dropped |= !changes.isEmpty();
        written = null;
        dropChanges();
        searches.forget();
    }

    private void dropChanges() {
        budget.change(-changes.bytes());
        changes.clear();
    }

    // From the changelog. A store that was given up meanwhile takes nothing of it.

    /// As [CommittedRows#open].
    synchronized void open() {
        if (closed) {
            throw new IllegalStateException("A store that was given up is not opened again");
        }
        committed.open();
        searches.forget();
    }

    /// As [#open], unless it was given up: then false.
    synchronized boolean openIfWanted() {
        if (!closed) {
            committed.open();
            searches.forget();
        }
        return !closed;
    }

    /// Null: nothing of it is here.
    synchronized @Nullable Standing standing() {
        return closed ? null : committed.standing();
    }

    /// It is read from its beginning.
    synchronized void forget() {
        if (closed) {
            return;
        }
        rollback();
        committed.clear();
    }

    /// In its order.
    synchronized void restore(byte[] key, byte @Nullable [] value) {
        if (closed) {
            return;
        }
        budget.require(value == null ? 0 : StateBudget.sizeOf(key, value));
        put(key, value);
    }

    /// It was read so far.
    synchronized void reached(Standing standing) {
        if (closed) {
            return;
        }
        committed.commit(changes, standing);
        dropChanges();
        dropped = false;
    }

    /// What was committed goes on elsewhere; here nothing comes into it any more.
    synchronized CommittedRows handOver() {
        if (closed) {
            throw new IllegalStateException("A store that was given up cannot be handed over");
        }
        rollback();
        closed = true;
        return committed;
    }

    synchronized void close() {
        if (!closed) {
            rollback();
            closed = true;
            committed.close();
        }
    }

    /// As the latest record has left them.
    synchronized SortedMap<byte[], byte[]> entriesNow() {
        NavigableMap<byte[], byte[]> found = entries();
        committed.from(new byte[0], Integer.MAX_VALUE, found::put);
        changes.forEach((key, value) -> {
            if (value == null) {
                found.remove(key);
            } else {
                found.put(key, value);
            }
        });
        return found;
    }
}
