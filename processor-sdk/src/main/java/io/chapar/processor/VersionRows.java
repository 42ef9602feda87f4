package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// How the versions of keys are laid out: each is a row, and so an entry of the changelog under a key of its own, which
/// compaction keeps until the version is removed. Those that are over stand in the order in which that was as well, so
/// that they are found when nothing is asked of their time any more. A chunk is a length i32 and so many bytes.
///
/// ```
/// times      prefix 'c'                                     latest time i64 | horizon i64 | swept i64
/// version    prefix 'v' | chunk key | from i64              0: nothing any more; or 1 | value
/// over       prefix 'x' | end i64 | chunk key | from i64    nothing
/// ```
/// A version is over when its key's next one begins; one that says "nothing any more", and is the last, when it begins
/// itself. The last value of a key is never over. The horizon is the history behind the latest time of all keys, and
/// never goes back: nothing is put before it, and of what is over by then nothing is told. Rows of that are removed bit
/// by bit, with what is put, so that no jump in time costs one record the work of many: whatever ended before `swept`
/// is gone. Times are not negative.
final class VersionRows {
    /// So many versions that are over are removed with one that is put.
    static final int MAX_SWEPT = 64;

    private static final byte TIMES = 'c';
    private static final byte VERSION = 'v';
    private static final byte OVER = 'x';
    private static final Times NONE = new Times(-1, 0, 0);

    private final byte[] prefix;

    private VersionRows(byte[] prefix) {
        this.prefix = prefix;
    }

    /// The rows are all that the store has.
    static VersionRows ofStep() {
        return new VersionRows(new byte[0]);
    }

    /// Among the rows of a `process` step: [KeyRows].
    static VersionRows ofState(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        return new VersionRows(ByteBuffer.allocate(1 + Integer.BYTES + text.length).put(KeyRows.VERSIONS)
                .putInt(text.length).put(text).array());
    }

    /// What a key had at a time. `toMs` null: has.
    @SuppressWarnings("ArrayRecordComponent")
    record Found(byte[] value, long fromMs, @Nullable Long toMs) {
        <V> Version<V> version(Serde<V> serde, String step) {
            return new Version<>(Objects.requireNonNull(serde.deserialize(step, value), "a value that was kept"),
                    fromMs, toMs);
        }
    }

    /// What a version has come to. `before`: what the key had at that time without it; null: nothing.
    @SuppressWarnings("ArrayRecordComponent")
    record Placed(byte @Nullable [] before, boolean isLatest) {
    }

    private record Times(long latestMs, long horizonMs, long sweptMs) {
        byte[] row() {
            return ByteBuffer.allocate(3 * Long.BYTES).putLong(latestMs).putLong(horizonMs).putLong(sweptMs).array();
        }
    }

    /// `value` null: from then on the key has nothing.
    @SuppressWarnings("ArrayRecordComponent")
    private record Row(long fromMs, byte @Nullable [] value) {
        static @Nullable Row of(Map.@Nullable Entry<byte[], byte[]> entry) {
            if (entry == null) {
                return null;
            }
            byte[] value = entry.getValue();
            return new Row(ByteBuffer.wrap(entry.getKey()).getLong(entry.getKey().length - Long.BYTES),
                    value[0] == 0 ? null : Arrays.copyOfRange(value, 1, value.length));
        }

        /// Null: never.
        @Nullable Long endMs(@Nullable Row next) {
            return next != null ? (Long) next.fromMs : value == null ? (Long) fromMs : null;
        }
    }

    private Times times(Rows rows) {
        byte[] row = rows.get(at(TIMES, 0).array());
        if (row == null) {
            return NONE;
        }
        ByteBuffer times = ByteBuffer.wrap(row);
        return new Times(times.getLong(), times.getLong(), times.getLong());
    }

    /// Before this nothing is put, and only of what keys have now anything is told.
    long horizonMs(Rows rows) {
        return times(rows).horizonMs;
    }

    /// What the key has.
    @Nullable Found latest(byte[] key, Rows rows) {
        Row last = last(key, rows);
        return last == null || last.value == null ? null : new Found(last.value, last.fromMs, null);
    }

    /// What the key had then; null too where that is before the horizon and not what it has now.
    @Nullable Found asOf(byte[] key, long timeMs, Rows rows) {
        Row last = last(key, rows);
        if (last == null || last.fromMs <= timeMs) {
            return last == null || last.value == null ? null : new Found(last.value, last.fromMs, null);
        }
        if (timeMs < horizonMs(rows)) {
            return null;
        }
        Row then = lastUntil(key, timeMs, rows);
        Row next = firstAfter(key, timeMs, rows);
        return then == null || then.value == null ? null
                : new Found(then.value, then.fromMs, next == null ? null : (Long) next.fromMs);
    }

    /// All that [#asOf] tells of the times from `fromMs` to `toMs`, in their order. Null: the key has more than so many
    /// versions there.
    @Nullable List<Found> between(byte[] key, long fromMs, long toMs, int atMost, Rows rows) {
        List<Found> found = new ArrayList<>();
        if (fromMs > toMs) {
            return found;
        }
        long horizonMs = horizonMs(rows);
        long startMs = Math.max(fromMs, horizonMs);
        Row row = lastUntil(key, startMs, rows);
        if (row == null) {
            row = Row.of(rows.first(versions(key), KeyRows.behind(versions(key))));
        }
        for (int seen = 0; row != null && row.fromMs <= toMs; seen++) {
            if (seen == atMost) {
                return null;
            }
            Row next = firstAfter(key, row.fromMs, rows);
            if (row.value != null && (next == null || (next.fromMs > startMs && toMs >= horizonMs))) {
                found.add(new Found(row.value, row.fromMs, next == null ? null : (Long) next.fromMs));
            }
            row = next;
        }
        return found;
    }

    /// From `fromMs` on the key has this, until its next version; `value` null: nothing. Null when that is before the
    /// horizon: then nothing is changed.
    @Nullable Placed put(byte[] key, byte @Nullable [] value, long fromMs, long historyMs, StepState state) {
        if (fromMs < 0) {
            throw new IllegalArgumentException("A version begins in 1970 or later, not at " + fromMs);
        }
        Times times = times(state);
        if (fromMs < times.horizonMs) {
            return null;
        }
        Row last = last(key, state);
        boolean isLatest = last == null || last.fromMs <= fromMs;
        Row before = isLatest ? last : lastUntil(key, fromMs, state);
        Row after = isLatest ? null : firstAfter(key, fromMs, state);
        boolean replaces = before != null && before.fromMs == fromMs;
        if (before != null) {
            move(key, before.fromMs, before.endMs(after), replaces ? null : (Long) fromMs, state);
        }
        Row own = new Row(fromMs, value);
        move(key, fromMs, null, own.endMs(after), state);
        state.put(version(key, fromMs), value == null ? new byte[1]
                : ByteBuffer.allocate(1 + value.length).put((byte) 1).put(value).array());
        long latestMs = Math.max(times.latestMs, fromMs);
        long horizonMs = Math.max(times.horizonMs, latestMs - historyMs);
        Times now = new Times(latestMs, horizonMs, sweep(times.sweptMs, horizonMs, state));
        if (!now.equals(times)) {
            state.put(at(TIMES, 0).array(), now.row());
        }
        return new Placed(before == null ? null : before.value, isLatest);
    }

    /// A version is over at another time. Null: never.
    private void move(byte[] key, long fromMs, @Nullable Long endMs, @Nullable Long newEndMs, StepState state) {
        if (endMs != null) {
            state.put(over(endMs, key, fromMs), null);
        }
        if (newEndMs != null) {
            state.put(over(newEndMs, key, fromMs), new byte[0]);
        }
    }

    /// What is over at the horizon, the earliest first. Of one key the earlier version is removed first, so that what
    /// is left is never told in place of a later one.
    private long sweep(long sweptMs, long horizonMs, StepState state) {
        byte[] from = over(sweptMs);
        byte[] to = over(horizonMs + 1);
        long doneMs = sweptMs;
        for (int swept = 0; swept < MAX_SWEPT; swept++) {
            Map.Entry<byte[], byte[]> first = state.first(from, to);
            if (first == null) {
                return horizonMs;
            }
            ByteBuffer row = ByteBuffer.wrap(first.getKey()).position(prefix.length + 1);
            doneMs = row.getLong();
            byte[] key = new byte[row.getInt()];
            row.get(key);
            state.put(first.getKey(), null);
            state.put(version(key, row.getLong()), null);
        }
        return doneMs;
    }

    private @Nullable Row last(byte[] key, Rows rows) {
        byte[] versions = versions(key);
        return Row.of(rows.last(versions, KeyRows.behind(versions)));
    }

    private @Nullable Row lastUntil(byte[] key, long timeMs, Rows rows) {
        return Row.of(rows.last(versions(key), version(key, timeMs + 1)));
    }

    private @Nullable Row firstAfter(byte[] key, long timeMs, Rows rows) {
        return Row.of(rows.first(version(key, timeMs + 1), KeyRows.behind(versions(key))));
    }

    private byte[] versions(byte[] key) {
        return at(VERSION, Integer.BYTES + key.length).putInt(key.length).put(key).array();
    }

    /// As unsigned numbers, times and what is one behind the last of them stand in their order.
    private byte[] version(byte[] key, long fromMs) {
        return at(VERSION, Integer.BYTES + key.length + Long.BYTES).putInt(key.length).put(key).putLong(fromMs)
                .array();
    }

    private byte[] over(long endMs) {
        return at(OVER, Long.BYTES).putLong(endMs).array();
    }

    private byte[] over(long endMs, byte[] key, long fromMs) {
        return at(OVER, 2 * Long.BYTES + Integer.BYTES + key.length).putLong(endMs).putInt(key.length).put(key)
                .putLong(fromMs).array();
    }

    private ByteBuffer at(byte kind, int more) {
        return ByteBuffer.allocate(prefix.length + 1 + more).put(prefix).put(kind);
    }
}
