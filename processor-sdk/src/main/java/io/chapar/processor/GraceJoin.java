package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// A [LookupJoin] with a table of versions that waits: each record of the stream until the stream's time, the latest of
/// all that have waited, is `graceMs` past its own, so that what comes late to the table is met too. A record that is
/// late itself meets the table at once.
///
/// ```
/// stream time   'c'                                                i64
/// waiting       's' | due i64 | chunk key | number, 8 hex digits   time i64 | chunk topic | partition i32 | offset i64
///                                                                  | headers | value
/// headers       count i32, and each: chunk key | chunk value, or -1 i32 for null
/// ```
/// A chunk is a length i32 and so many bytes; of one key and time records are numbered upwards. Due is `graceMs` past
/// the time. As timers are, what waits is told by [KeyRows#due].
///
/// @param name of the join; for the serdes too, as the topic
record GraceJoin<K, V, W, R>(String name, Serde<K> keySerde, Serde<V> serde, long graceMs,
        LookupJoin<K, V, W, R> join) implements WaitingStep<K, V, K, R> {
    private static final int NULL = -1;

    /// What a row says.
    @SuppressWarnings("ArrayRecordComponent")
    private record Waiting(byte[] key, long timeMs, StreamRecord.Origin origin, List<Header> headers, byte[] value) {
        static Waiting of(byte[] row, byte[] rest) {
            ByteBuffer bytes = ByteBuffer.wrap(rest);
            long timeMs = bytes.getLong();
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
            return new Waiting(KeyRows.Timer.of(row).key(), timeMs, origin, headers, value);
        }

        private static byte[] next(ByteBuffer chunks) {
            byte[] next = new byte[chunks.getInt()];
            chunks.get(next);
            return next;
        }
    }

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
        Long known = KeyRows.number(state.get(KeyRows.STREAM_TIME));
        long beforeMs = known == null ? -1 : known;
        if (record.timestampMs() < beforeMs - graceMs) {
            join.accept(record, found, out);
            return;
        }
        if (record.timestampMs() > beforeMs) {
            state.put(KeyRows.STREAM_TIME, KeyRows.bytes(record.timestampMs()));
        }
        await(record, key, value, state);
    }

    private void await(StreamRecord<K, V> record, K key, V value, StepState state) {
        byte[] keyBytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
        byte[] bytes = Objects.requireNonNull(serde.serialize(name, value), "a value has bytes");
        long dueMs = record.timestampMs() > Long.MAX_VALUE - graceMs ? Long.MAX_VALUE
                : record.timestampMs() + graceMs;
        byte[] prefix = row(dueMs, keyBytes, "");
        Map.Entry<byte[], byte[]> last = state.last(prefix, KeyRows.behind(prefix));
        int number = last == null ? 0 : HexFormat.fromHexDigits(KeyRows.Timer.of(last.getKey()).name()) + 1;
        state.put(row(dueMs, keyBytes, HexFormat.of().toHexDigits(number)), KeyRows.joined(origin(record), bytes));
    }

    private static byte[] row(long dueMs, byte[] key, String number) {
        return KeyRows.timer(KeyTimer.Clock.STREAM_TIME, dueMs, key, number);
    }

    @Override
    public boolean hasTimers() {
        return true;
    }

    @Override
    public void fire(byte[] row, StreamRecord.Origin origin, Found found, Consumer<StreamRecord<K, R>> out) {
        StepState state = found.of(name);
        byte[] rest = state.get(row);
        if (rest == null) {
            return;
        }
        state.put(row, null);
        Waiting waiting = Waiting.of(row, rest);
        join.accept(new StreamRecord<>(keySerde.deserialize(name, waiting.key()),
                serde.deserialize(name, waiting.value()), waiting.timeMs(), waiting.headers(), waiting.origin()), found,
                out);
    }

    /// The record as it was when it came to the step.
    @Override
    public SourceRecord forPeople(SourceRecord due, Rows rows) {
        byte[] row = DueStep.rowOf(due);
        byte[] rest = rows.get(row);
        if (rest == null) {
            return WaitingStep.super.forPeople(due, rows);
        }
        Waiting waiting = Waiting.of(row, rest);
        StreamRecord.Origin origin = waiting.origin();
        return new SourceRecord(new TopicPartition(origin.topic(), origin.partition()), origin.offset(), 0,
                waiting.timeMs(), waiting.key(), waiting.value(), waiting.headers());
    }

    private static byte[] origin(StreamRecord<?, ?> record) {
        byte[] topic = record.origin().topic().getBytes(StandardCharsets.UTF_8);
        List<byte[]> keys = record.headers().stream().map(header -> header.key().getBytes(StandardCharsets.UTF_8))
                .toList();
        int size = 3 * Integer.BYTES + topic.length + 2 * Long.BYTES;
        for (int number = 0; number < keys.size(); number++) {
            ByteBuffer value = record.headers().get(number).value();
            size += 2 * Integer.BYTES + keys.get(number).length + (value == null ? 0 : value.remaining());
        }
        ByteBuffer bytes = ByteBuffer.allocate(size).putLong(record.timestampMs()).putInt(topic.length).put(topic)
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
}
