package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// One side of a join of two streams: each record with those of its key on the other side that lie in its window, and,
/// if this side gives results alone, with null when the window has closed on none. Rows: [JoinRows].
///
/// @param name of the join; for the serdes too, as the topic
/// @param windows as this side sees them
/// @param alone whether records of this side give a result without a partner
/// @param othersAlone whether those of the other side do
record WindowJoin<K, V, W, R>(String name, JoinRows.Side side, JoinWindows windows, boolean alone, boolean othersAlone,
        Serde<K> keySerde, Serde<V> serde, Serde<W> otherSerde,
        BiFunction<? super V, ? super W, ? extends R> joiner) implements SideStep<K, V, K, R> {
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
        if (time == streamTime) {
            close(record, rows, streamTime, out);
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

    /// Of both sides, in the order of time: what has found no partner, and can find none any more.
    private void close(StreamRecord<K, V> record, JoinRows rows, long streamTime, Consumer<StreamRecord<K, R>> out) {
        if (!alone && !othersAlone) {
            return;
        }
        long least = Math.min(windows.afterMs(), windows.beforeMs()) + windows.graceMs();
        for (Map.Entry<byte[], byte[]> row : rows.awaiting(streamTime - least).entrySet()) {
            JoinRows.Waiting waiting = JoinRows.Waiting.of(row.getKey());
            boolean own = waiting.side() == side;
            if (!isClosed(waiting.timeMs(), own ? windows : windows.mirrored(), streamTime)) {
                continue;
            }
            rows.remove(row.getKey());
            K key = Objects.requireNonNull(keySerde.deserialize(name, waiting.key()), "a key");
            R result = own ? joiner.apply(value(serde, row.getValue()), null)
                    : joiner.apply(null, value(otherSerde, row.getValue()));
            out.accept(record.with(key, result).withTimestampMs(waiting.timeMs()));
        }
    }

    private <T> @Nullable T value(Serde<T> of, byte[] bytes) {
        return of.deserialize(name, bytes);
    }
}
