package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// One side of a join of two streams: each record with those of its key on the other side that lie in its window, and,
/// if this side gives results alone, with null when the window has closed on none: what waits for that becomes due, and
/// either side knows what to do with what waits on both. Rows: [JoinRows].
///
/// @param name of the join; for the serdes too, as the topic
/// @param windows as this side sees them
/// @param alone whether records of this side give a result without a partner
/// @param othersAlone whether those of the other side do
record WindowJoin<K, V, W, R>(String name, JoinRows.Side side, JoinWindows windows, boolean alone, boolean othersAlone,
        Serde<K> keySerde, Serde<V> serde, Serde<W> otherSerde,
        BiFunction<? super V, ? super W, ? extends R> joiner) implements WaitingStep<K, V, K, R> {
    /// A record without a key or a value moves the time of both sides too.
    @Override
    public void accept(StreamRecord<K, V> record, Found found, Consumer<StreamRecord<K, R>> out) {
        if (record.timestampMs() < 0) {
            throw new IllegalArgumentException("A record without a time is in no window");
        }
        JoinRows rows = new JoinRows(found.of(name));
        long streamTime = rows.advance(JoinRows.BOTH, record.timestampMs());
        K key = record.key();
        V value = record.value();
        if (alone && key == null && value != null) {
            out.accept(record.with(null, joiner.apply(value, null)));
            return;
        }
        if (key == null || value == null) {
            found.passedOver();
            return;
        }
        byte[] keyBytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
        byte[] bytes = Objects.requireNonNull(serde.serialize(name, value), "a value has bytes");
        long time = record.timestampMs();
        long kept = rows.advance(side.clock(), time) - windows.retentionMs();
        rows.forget(side, kept);
        if (time > kept) {
            rows.add(side, keyBytes, time, bytes);
        } else {
            found.of(name).late("late: its time is " + time + ", and join " + name + " keeps what comes after " + kept,
                    null);
        }
        boolean met = meet(record, key, value, keyBytes, rows, out);
        if (alone && !met) {
            if (isClosed(time, windows, streamTime)) {
                out.accept(record.with(key, joiner.apply(value, null)));
            } else {
                rows.await(side, keyBytes, time, bytes);
            }
        }
    }

    private boolean meet(StreamRecord<K, V> record, K key, V value, byte[] keyBytes, JoinRows rows,
            Consumer<StreamRecord<K, R>> out) {
        long time = record.timestampMs();
        long from = Math.max(Math.max(0, time - windows.beforeMs()),
                rows.time(side.other().clock()) - windows.retentionMs() + 1);
        long to = time + windows.afterMs();
        boolean met = false;
        for (Map.Entry<byte[], byte[]> row : rows.of(side.other(), keyBytes, from, to).entrySet()) {
            met = true;
            long otherTime = JoinRows.timeOf(row.getKey());
            if (othersAlone) {
                rows.hasMet(side.other(), keyBytes, otherTime);
            }
            W other = otherSerde.deserialize(name, row.getValue());
            out.accept(record.with(key, joiner.apply(value, other)).withTimestampMs(Math.max(time, otherTime)));
        }
        return met;
    }

    private static boolean isClosed(long time, JoinWindows windows, long streamTime) {
        return time + windows.afterMs() + windows.graceMs() < streamTime;
    }

    @Override
    public boolean hasTimers() {
        return alone || othersAlone;
    }

    /// Of both sides, in the order of time: what has found no partner, and can find none any more. A record without a
    /// key or a value moves the time, but closes nothing before the next one does that has both.
    @Override
    public byte @Nullable [] due(Rows rows, long wallClockMs) {
        long streamTime = JoinRows.time(rows, JoinRows.BOTH);
        if (JoinRows.time(rows, side.clock()) < streamTime
                && JoinRows.time(rows, side.other().clock()) < streamTime) {
            return null;
        }
        byte[] own = firstClosed(rows, side, windows, streamTime);
        byte[] others = firstClosed(rows, side.other(), windows.mirrored(), streamTime);
        return own == null || (others != null && Arrays.compareUnsigned(others, own) < 0) ? others : own;
    }

    private static byte @Nullable [] firstClosed(Rows rows, JoinRows.Side of, JoinWindows windows, long streamTime) {
        return JoinRows.firstAwaiting(rows, of, streamTime - windows.afterMs() - windows.graceMs());
    }

    @Override
    public long nextWallClockMs(Rows rows) {
        return Long.MAX_VALUE;
    }

    @Override
    public void fire(byte[] row, StreamRecord.Origin origin, Found found, Consumer<StreamRecord<K, R>> out) {
        StepState state = found.of(name);
        byte[] kept = state.get(row);
        if (kept == null) {
            return;
        }
        state.put(row, null);
        JoinRows.Waiting waiting = JoinRows.Waiting.of(row);
        K key = Objects.requireNonNull(keySerde.deserialize(name, waiting.key()), "a key");
        R result = waiting.side() == side ? joiner.apply(value(serde, kept), null)
                : joiner.apply(null, value(otherSerde, kept));
        out.accept(new StreamRecord<>(key, result, waiting.timeMs(), List.of(), origin));
    }

    @Override
    public void discard(byte[] row, StepState state) {
        state.put(row, null);
    }

    @Override
    public SourceRecord forPeople(SourceRecord due, Rows rows) {
        byte[] row = DueStep.rowOf(due);
        JoinRows.Waiting waiting = JoinRows.Waiting.of(row);
        return DueStep.shown(due, waiting.key(), rows.get(row), waiting.timeMs());
    }

    private <T> @Nullable T value(Serde<T> of, byte[] bytes) {
        return of.deserialize(name, bytes);
    }
}
