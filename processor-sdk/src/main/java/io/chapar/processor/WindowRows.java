package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;

/// How the store of sliding windows and of sessions is laid out: by key, so that a record finds the windows of its own,
/// and besides in the order of time, so that those that are over are found. A chunk is a length i32 and so many bytes.
///
/// ```
/// clock         'c'                                   WindowClock
/// window        'k' | chunk key | at i64 | from i64   value
/// its place     'e' | at i64 | from i64 | key         nothing
/// ```
/// `at` is what windows are looked for by: the start of a sliding one, the end of a session; `from` is the start. Times
/// are not negative. Due is a window whose final result has not been given; of sliding ones alone the clock has that.
record WindowRows(StepState state) {
    private static final byte[] CLOCK = {'c'};

    /// One window of one key.
    @SuppressWarnings("ArrayRecordComponent")
    record Place(byte[] key, long at, long from) {
        static Place ofRow(byte[] row) {
            ByteBuffer rest = ByteBuffer.wrap(row, 1, row.length - 1);
            byte[] key = new byte[rest.getInt()];
            rest.get(key);
            return new Place(key, rest.getLong(), rest.getLong());
        }

        static Place ofPlace(byte[] row) {
            return new Place(Arrays.copyOfRange(row, 1 + 2 * Long.BYTES, row.length), ByteBuffer.wrap(row).getLong(1),
                    ByteBuffer.wrap(row).getLong(1 + Long.BYTES));
        }

        byte[] row() {
            return ByteBuffer.allocate(1 + Integer.BYTES + key.length + 2 * Long.BYTES).put((byte) 'k')
                    .putInt(key.length).put(key).putLong(at).putLong(from).array();
        }

        private byte[] place() {
            return ByteBuffer.allocate(1 + key.length + 2 * Long.BYTES).put((byte) 'e').putLong(at).putLong(from)
                    .put(key).array();
        }
    }

    static WindowClock clock(Rows rows, long lagMs) {
        return WindowClock.of(rows.get(CLOCK), lagMs);
    }

    void keep(WindowClock clock) {
        clock.keep(CLOCK, state);
    }

    /// The first place of any key with `at` before `end`, from `first` on; null when there is none.
    static byte @Nullable [] firstPlace(Rows rows, long first, long end) {
        return end <= Math.max(0, first) ? null : firstPlace(rows, edge(Math.max(0, first)), end);
    }

    /// The first one behind this place.
    static byte @Nullable [] placeBehind(Rows rows, byte[] place, long end) {
        return firstPlace(rows, Overlay.behind(place), end);
    }

    private static byte @Nullable [] firstPlace(Rows rows, byte[] from, long end) {
        byte[] to = edge(Math.max(0, end));
        Map.Entry<byte[], byte[]> first = Arrays.compareUnsigned(from, to) < 0 ? rows.first(from, to) : null;
        return first == null ? null : first.getKey();
    }

    /// Of one key, with `at` from `first` to `last`.
    NavigableMap<byte[], byte[]> of(byte[] key, long first, long last) {
        NavigableMap<byte[], byte[]> found = Store.entries();
        if (first <= last) {
            found.putAll(state.range(new Place(key, Math.max(0, first), 0).row(), new Place(key, last + 1, 0).row()));
        }
        return found;
    }

    /// Of all keys, with `at` from `first` on and before `end`, in its order: their places.
    Iterable<byte[]> places(long first, long end) {
        return end <= Math.max(0, first) ? Map.<byte[], byte[]>of().keySet()
                : state.range(edge(Math.max(0, first)), edge(end)).keySet();
    }

    private static byte[] edge(long at) {
        return ByteBuffer.allocate(1 + Long.BYTES).put((byte) 'e').putLong(at).array();
    }

    byte[] get(Place place) {
        byte[] value = state.get(place.row());
        if (value == null) {
            throw new IllegalStateException("A window that has a place is there");
        }
        return value;
    }

    void put(Place place, byte[] value) {
        state.put(place.row(), value);
        if (state.get(place.place()) == null) {
            state.put(place.place(), new byte[0]);
        }
    }

    void remove(Place place) {
        state.put(place.row(), null);
        state.put(place.place(), null);
    }
}
