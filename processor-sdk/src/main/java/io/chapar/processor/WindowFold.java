package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// One value for each key and window. Stream time is kept in the state as well, so neither a restart nor a move to
/// another instance takes it back. Windows that have closed are removed.
///
/// ```
/// stream time    key: nothing           value: i64
/// window         key: start i64 | key   value: latest time of its records i64 | value
/// ```
/// Starts are not negative, so entries lie in the order of time. `lateTopic` null: late records are only counted.
record WindowFold<K, V, A>(String name, TimeWindows windows, boolean emitFinal, @Nullable String lateTopic,
        Serde<K> keySerde, Serde<A> valueSerde, Fold.Next<K, V, A> next)
        implements StatefulStep<K, V, Windowed<K>, A> {
    private static final byte[] STREAM_TIME = {};
    /// The least key of a window.
    private static final byte[] FIRST = new byte[Long.BYTES];
    private static final long NONE = -1;

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
        byte[] before = state.get(STREAM_TIME);
        long timeBefore = before == null ? NONE : ByteBuffer.wrap(before).getLong();
        long streamTime = Math.max(timeBefore, record.timestampMs());
        if (streamTime > timeBefore) {
            state.put(STREAM_TIME, bytes(streamTime));
        }
        long closed = streamTime - windows.graceMs();
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
        if (streamTime > timeBefore) {
            close(record, closed - windows.sizeMs(), state, out);
        }
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

    /// Windows that begin at `last` or before have closed. In the order of their starts, then of the keys' bytes.
    private void close(StreamRecord<K, V> record, long last, StepState state,
            Consumer<StreamRecord<Windowed<K>, A>> out) {
        if (last < 0) {
            return;
        }
        for (Map.Entry<byte[], byte[]> row : state.range(FIRST, bytes(last + 1)).entrySet()) {
            state.put(row.getKey(), null);
            if (emitFinal) {
                K key = Objects.requireNonNull(keySerde.deserialize(name,
                        Arrays.copyOfRange(row.getKey(), Long.BYTES, row.getKey().length)), "a key");
                long start = ByteBuffer.wrap(row.getKey()).getLong();
                out.accept(record.with(windowed(key, start), value(row.getValue()))
                        .withTimestampMs(ByteBuffer.wrap(row.getValue()).getLong()));
            }
        }
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
