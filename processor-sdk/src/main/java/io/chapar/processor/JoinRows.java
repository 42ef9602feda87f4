package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Map;

/// How the store of a join of two streams is laid out. A chunk is a length i32 and so many bytes; a side is 'l' or 'r';
/// what is equal otherwise is numbered upwards.
///
/// ```
/// time        'c' | 'l', 'r' or 'b' (of both)                   i64
/// record      side | chunk key | time i64 | number i32          value
/// its age     'x' | side | time i64 | chunk key | number i32    nothing
/// waiting     'w' | time i64 | side | chunk key | number i32    value
/// ```
/// Waiting are records that have found no partner and give a result without. Times are not negative.
record JoinRows(StepState state) {
    static final byte BOTH = 'b';
    private static final byte CLOCK = 'c';
    private static final byte AGE = 'x';
    private static final byte WAITING = 'w';

    /// As a kind of rows: those of its records that wait.
    enum Side implements Searches.Kind {
        LEFT('l'), RIGHT('r');

        private final byte mark;

        Side(char mark) {
            this.mark = (byte) mark;
        }

        Side other() {
            return this == LEFT ? RIGHT : LEFT;
        }

        byte clock() {
            return mark;
        }

        @Override
        public byte[] from() {
            return new byte[] {WAITING};
        }

        @Override
        public boolean has(byte[] key) {
            return key[0] == WAITING && key[1 + Long.BYTES] == mark;
        }

        static Side of(byte mark) {
            return mark == LEFT.mark ? LEFT : RIGHT;
        }
    }

    /// What a waiting record's row says.
    @SuppressWarnings("ArrayRecordComponent")
    record Waiting(long timeMs, Side side, byte[] key) {
        static Waiting of(byte[] row) {
            ByteBuffer rest = ByteBuffer.wrap(row, 1, row.length - 1);
            long timeMs = rest.getLong();
            Side side = Side.of(rest.get());
            byte[] key = new byte[rest.getInt()];
            rest.get(key);
            return new Waiting(timeMs, side, key);
        }
    }

    /// The latest time there; -1 before the first.
    long time(byte clock) {
        return time(state, clock);
    }

    static long time(Rows rows, byte clock) {
        Long known = KeyRows.number(rows.get(new byte[] {CLOCK, clock}));
        return known == null ? -1 : known;
    }

    /// Returns the latest time there, this one counted.
    long advance(byte clock, long timeMs) {
        long before = time(clock);
        if (timeMs > before) {
            state.put(new byte[] {CLOCK, clock}, KeyRows.bytes(timeMs));
        }
        return Math.max(timeMs, before);
    }

    void add(Side side, byte[] key, long timeMs, byte[] value) {
        int number = numbered(of(side, key, timeMs), value);
        state.put(with(age(side, timeMs, key), number), new byte[0]);
    }

    /// Records of this side that are from `lastMs` or before.
    void forget(Side side, long lastMs) {
        if (lastMs < 0) {
            return;
        }
        for (byte[] row : state.range(new byte[] {AGE, side.mark}, age(side, lastMs + 1)).keySet()) {
            ByteBuffer rest = ByteBuffer.wrap(row, 2, row.length - 2);
            long timeMs = rest.getLong();
            byte[] key = new byte[rest.getInt()];
            rest.get(key);
            state.put(row, null);
            state.put(with(of(side, key, timeMs), rest.getInt()), null);
        }
    }

    /// Records of this side and key with a time from `fromMs` to `toMs`.
    Map<byte[], byte[]> of(Side side, byte[] key, long fromMs, long toMs) {
        return fromMs > toMs ? Map.of() : state.range(of(side, key, Math.max(0, fromMs)), of(side, key, toMs + 1));
    }

    static long timeOf(byte[] record) {
        return ByteBuffer.wrap(record).getLong(record.length - Integer.BYTES - Long.BYTES);
    }

    void await(Side side, byte[] key, long timeMs, byte[] value) {
        numbered(waiting(side, key, timeMs), value);
    }

    /// The records of this side, key and time do not wait any more.
    void hasMet(Side side, byte[] key, long timeMs) {
        byte[] prefix = waiting(side, key, timeMs);
        state.range(prefix, KeyRows.behind(prefix)).keySet().forEach(row -> state.put(row, null));
    }

    /// Of this side's records that wait with a time before `endMs` the first one's row; null when there is none.
    static byte @Nullable [] firstAwaiting(Rows rows, Side side, long endMs) {
        return endMs <= 0 ? null : rows.firstOf(side,
                ByteBuffer.allocate(1 + Long.BYTES).put(WAITING).putLong(endMs).array());
    }

    private int numbered(byte[] prefix, byte[] value) {
        Map.Entry<byte[], byte[]> last = state.last(prefix, KeyRows.behind(prefix));
        int number = last == null ? 0 : ByteBuffer.wrap(last.getKey()).getInt(last.getKey().length - Integer.BYTES) + 1;
        state.put(with(prefix, number), value);
        return number;
    }

    private static byte[] of(Side side, byte[] key, long timeMs) {
        return ByteBuffer.allocate(1 + Integer.BYTES + key.length + Long.BYTES).put(side.mark).putInt(key.length)
                .put(key).putLong(timeMs).array();
    }

    private static byte[] age(Side side, long timeMs) {
        return ByteBuffer.allocate(2 + Long.BYTES).put(AGE).put(side.mark).putLong(timeMs).array();
    }

    private static byte[] age(Side side, long timeMs, byte[] key) {
        return KeyRows.joined(age(side, timeMs), chunk(key));
    }

    private static byte[] waiting(Side side, byte[] key, long timeMs) {
        byte[] at = ByteBuffer.allocate(2 + Long.BYTES).put(WAITING).putLong(timeMs).put(side.mark).array();
        return KeyRows.joined(at, chunk(key));
    }

    private static byte[] chunk(byte[] key) {
        return ByteBuffer.allocate(Integer.BYTES + key.length).putInt(key.length).put(key).array();
    }

    private static byte[] with(byte[] prefix, int number) {
        return ByteBuffer.allocate(prefix.length + Integer.BYTES).put(prefix).putInt(number).array();
    }
}
