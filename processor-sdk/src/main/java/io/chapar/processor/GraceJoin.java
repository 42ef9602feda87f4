package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// A [LookupJoin] with a table of versions that waits: each record of the stream until the stream's time, the latest of
/// all that have waited, is `graceMs` past its own, so that what comes late to the table is met too. A record that is
/// late itself meets the table at once.
///
/// ```
/// stream time   'c'                                       i64
/// waiting       'w' | time i64 | chunk key | number i32   chunk topic | partition i32 | offset i64 | headers | value
/// headers       count i32, and each: chunk key | chunk value, or -1 i32 for null
/// ```
/// A chunk is a length i32 and so many bytes; of one key and time records are numbered upwards.
///
/// @param name of the join; for the serdes too, as the topic
record GraceJoin<K, V, W, R>(String name, Serde<K> keySerde, Serde<V> serde, long graceMs,
        LookupJoin<K, V, W, R> join) implements SideStep<K, V, K, R> {
    private static final byte[] CLOCK = {'c'};
    private static final byte WAITING = 'w';
    private static final int NULL = -1;

    @Override
    public void accept(StreamRecord<K, V> record, Found found, Consumer<StreamRecord<K, R>> out) {
        K key = record.key();
        V value = record.value();
        if (key == null || value == null) {
            join.accept(record, found, out);
            return;
        }
        if (record.timestampMs() < 0) {
            throw new IllegalArgumentException("A record without a time has no place among versions");
        }
        StepState state = found.of(name);
        Long known = KeyRows.number(state.get(CLOCK));
        long beforeMs = known == null ? -1 : known;
        if (record.timestampMs() < beforeMs - graceMs) {
            join.accept(record, found, out);
            return;
        }
        if (record.timestampMs() > beforeMs) {
            state.put(CLOCK, KeyRows.bytes(record.timestampMs()));
        }
        await(record, key, value, state);
        long dueMs = Math.max(record.timestampMs(), beforeMs) - graceMs;
        for (Map.Entry<byte[], byte[]> row = first(dueMs, state); row != null; row = first(dueMs, state)) {
            state.put(row.getKey(), null);
            join.accept(waited(row.getKey(), row.getValue()), found, out);
        }
    }

    private static Map.@Nullable Entry<byte[], byte[]> first(long untilMs, StepState state) {
        return untilMs < 0 ? null : state.first(from(0), from(untilMs + 1));
    }

    private static byte[] from(long timeMs) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(WAITING).putLong(timeMs).array();
    }

    private void await(StreamRecord<K, V> record, K key, V value, StepState state) {
        byte[] keyBytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
        byte[] bytes = Objects.requireNonNull(serde.serialize(name, value), "a value has bytes");
        byte[] prefix = KeyRows.joined(from(record.timestampMs()), chunk(keyBytes));
        Map.Entry<byte[], byte[]> last = state.last(prefix, KeyRows.behind(prefix));
        int number = last == null ? 0 : ByteBuffer.wrap(last.getKey()).getInt(prefix.length) + 1;
        state.put(KeyRows.joined(prefix, ByteBuffer.allocate(Integer.BYTES).putInt(number).array()),
                KeyRows.joined(origin(record), bytes));
    }

    private static byte[] chunk(byte[] bytes) {
        return ByteBuffer.allocate(Integer.BYTES + bytes.length).putInt(bytes.length).put(bytes).array();
    }

    private static byte[] origin(StreamRecord<?, ?> record) {
        byte[] topic = record.origin().topic().getBytes(StandardCharsets.UTF_8);
        List<byte[]> keys = record.headers().stream().map(header -> header.key().getBytes(StandardCharsets.UTF_8))
                .toList();
        int size = 3 * Integer.BYTES + topic.length + Long.BYTES;
        for (int number = 0; number < keys.size(); number++) {
            ByteBuffer value = record.headers().get(number).value();
            size += 2 * Integer.BYTES + keys.get(number).length + (value == null ? 0 : value.remaining());
        }
        ByteBuffer bytes = ByteBuffer.allocate(size).putInt(topic.length).put(topic)
                .putInt(record.origin().partition()).putLong(record.origin().offset()).putInt(keys.size());
        for (int number = 0; number < keys.size(); number++) {
            ByteBuffer value = record.headers().get(number).value();
            bytes.putInt(keys.get(number).length).put(keys.get(number));
            if (value == null) {
                bytes.putInt(NULL);
            } else {
                bytes.putInt(value.remaining()).put(value.duplicate());
            }
        }
        return bytes.array();
    }

    private StreamRecord<K, V> waited(byte[] row, byte[] rest) {
        ByteBuffer place = ByteBuffer.wrap(row).position(1);
        long timeMs = place.getLong();
        K key = keySerde.deserialize(name, next(place));
        ByteBuffer bytes = ByteBuffer.wrap(rest);
        StreamRecord.Origin origin = new StreamRecord.Origin(new String(next(bytes), StandardCharsets.UTF_8),
                bytes.getInt(), bytes.getLong());
        List<Header> headers = new ArrayList<>();
        for (int left = bytes.getInt(); left > 0; left--) {
            String header = new String(next(bytes), StandardCharsets.UTF_8);
            boolean isNull = bytes.getInt(bytes.position()) == NULL;
            headers.add(new Header(header, isNull ? null : ByteBuffer.wrap(next(bytes))));
            if (isNull) {
                bytes.getInt();
            }
        }
        byte[] value = new byte[bytes.remaining()];
        bytes.get(value);
        return new StreamRecord<>(key, serde.deserialize(name, value), timeMs, headers, origin);
    }

    private static byte[] next(ByteBuffer chunks) {
        byte[] next = new byte[chunks.getInt()];
        chunks.get(next);
        return next;
    }
}
