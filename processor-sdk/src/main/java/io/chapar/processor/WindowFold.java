package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// One value for each key and window. Stream time, and what has closed, is kept in the state as well, so that neither a
/// restart nor a move to another instance nor another grace takes it back. Windows that have closed are removed; with
/// `emitFinal` each by itself, when its result is given: its row is what becomes due.
///
/// ```
/// clock          key: nothing           value: WindowClock; windows that end by then have closed
/// window         key: start i64 | key   value: latest time of its records i64 | value
/// ```
/// Starts are not negative, so entries lie in the order of time. `lateTopic` null: late records are only counted.
record WindowFold<K, V, A>(String name, TimeWindows windows, boolean emitFinal, @Nullable String lateTopic,
        Serde<K> keySerde, Serde<A> valueSerde, Fold.Next<K, V, A> next)
        implements TimedStep<K, V, Windowed<K>, A> {
    private static final byte[] CLOCK = {};
    /// The least key of a window.
    private static final byte[] FIRST = new byte[Long.BYTES];

    @Override
    public Layout layout() {
        return layout(windows);
    }

    static Layout layout(TimeWindows windows) {
        return new Layout("windows of " + windows.sizeMs() + " ms every " + windows.advanceMs() + " ms", 1);
    }

    @Override
    public boolean keysAreIndependent() {
        return false;
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<Windowed<K>, A>> out) {
        K key = record.key();
        V value = record.value();
        if (key == null || value == null) {
            state.passedOver();
            return;
        }
        if (record.timestampMs() < 0) {
            throw new IllegalArgumentException("A record without a time is in no window");
        }
        WindowClock clock = clock(state).at(record.timestampMs(), windows.graceMs());
        clock.keep(CLOCK, state);
        long closed = clock.closedMs();
        boolean taken = false;
        for (long start : windows.startsOf(record.timestampMs())) {
            if (start + windows.sizeMs() > closed) {
                taken = true;
                update(record, key, value, start, state, out);
            }
        }
        if (!taken) {
            state.late("late: its time is " + record.timestampMs() + ", and step " + name + " has closed every window"
                    + " that ends at " + closed + " or before", lateTopic);
        }
        if (!emitFinal && clock.hasClosedMore() && closed >= windows.sizeMs()) {
            state.range(FIRST, behind(closed)).keySet().forEach(row -> state.put(row, null));
        }
    }

    private WindowClock clock(Rows rows) {
        return WindowClock.of(rows.get(CLOCK), windows.graceMs());
    }

    private void update(StreamRecord<K, V> record, K key, V value, long start, StepState state,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        byte[] keyBytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
        byte[] at = ByteBuffer.allocate(Long.BYTES + keyBytes.length).putLong(start).put(keyBytes).array();
        byte[] row = state.get(at);
        long timeMs = row == null ? record.timestampMs()
                : Math.max(record.timestampMs(), ByteBuffer.wrap(row).getLong());
        A after = next.of(key, value, row == null ? null : value(row));
        byte[] bytes = valueSerde.serialize(name, after);
        state.put(at, bytes == null ? null
                : ByteBuffer.allocate(Long.BYTES + bytes.length).putLong(timeMs).put(bytes).array());
        if (!emitFinal) {
            out.accept(record.with(windowed(key, start), after).withTimestampMs(timeMs));
        }
    }

    @Override
    public boolean hasTimers() {
        return emitFinal;
    }

    /// In the order of their starts, then of the keys' bytes.
    @Override
    public byte @Nullable [] due(Rows rows, long wallClockMs) {
        long closed = clock(rows).closedMs();
        Map.Entry<byte[], byte[]> first = closed < windows.sizeMs() ? null : rows.first(FIRST, behind(closed));
        return first == null ? null : first.getKey();
    }

    @Override
    public long nextWallClockMs(Rows rows) {
        return Long.MAX_VALUE;
    }

    @Override
    public void fire(byte[] row, StreamRecord.Origin origin, StepState state,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        byte[] kept = state.get(row);
        if (kept == null) {
            return;
        }
        discard(row, state);
        K key = Objects.requireNonNull(keySerde.deserialize(name, keyOf(row)), "a key");
        out.accept(new StreamRecord<>(windowed(key, ByteBuffer.wrap(row).getLong()), value(kept),
                ByteBuffer.wrap(kept).getLong(), List.of(), origin));
    }

    /// It is closed for good.
    @Override
    public void discard(byte[] row, StepState state) {
        clock(state).keep(CLOCK, state);
        state.put(row, null);
    }

    @Override
    public SourceRecord forPeople(SourceRecord due, Rows rows) {
        byte[] row = DueStep.rowOf(due);
        return DueStep.shown(due, Windowed.bytes(keyOf(row), ByteBuffer.wrap(row).getLong()), rows.get(row));
    }

    /// What is behind the windows that end at `closed` or before.
    private byte[] behind(long closed) {
        return bytes(closed - windows.sizeMs() + 1);
    }

    private static byte[] keyOf(byte[] row) {
        return Arrays.copyOfRange(row, Long.BYTES, row.length);
    }

    private Windowed<K> windowed(K key, long start) {
        return new Windowed<>(key, start, start + windows.sizeMs());
    }

    private @Nullable A value(byte[] row) {
        return valueSerde.deserialize(name, Arrays.copyOfRange(row, Long.BYTES, row.length));
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }
}
