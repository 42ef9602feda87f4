package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import io.chapar.client.serde.Serdes;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/// A key in one window: times from `startMs` on, and before `endMs`; in sliding windows and sessions `endMs` too.
public record Windowed<K>(K key, long startMs, long endMs) {
    /// As Kafka Streams writes keys of time windows and sliding ones: `key | start i64`. The end follows from the
    /// windows.
    public static <K> Serde<Windowed<K>> serde(Serde<K> keySerde, Windows windows) {
        return Serdes.of(windowed -> bytes(Objects.requireNonNull(keySerde.serialize("", windowed.key()),
                "a key has bytes"), windowed.startMs()), bytes -> {
            int length = bytes.length - Long.BYTES;
            if (length < 0) {
                throw new SerdeException("A windowed key of " + bytes.length + " bytes has no room for its start");
            }
            long start = ByteBuffer.wrap(bytes).getLong(length);
            K key = Objects.requireNonNull(keySerde.deserialize("", Arrays.copyOf(bytes, length)), "a key");
            return new Windowed<>(key, start, start + windows.lengthMs());
        });
    }

    /// As Kafka Streams writes keys of sessions: `key | end i64 | start i64`.
    public static <K> Serde<Windowed<K>> sessionSerde(Serde<K> keySerde) {
        return Serdes.of(session -> sessionBytes(Objects.requireNonNull(keySerde.serialize("", session.key()),
                "a key has bytes"), session.endMs(), session.startMs()), bytes -> {
            int length = bytes.length - 2 * Long.BYTES;
            if (length < 0) {
                throw new SerdeException("A session's key of " + bytes.length + " bytes has no room for its bounds");
            }
            ByteBuffer bounds = ByteBuffer.wrap(bytes, length, 2 * Long.BYTES);
            K key = Objects.requireNonNull(keySerde.deserialize("", Arrays.copyOf(bytes, length)), "a key");
            long end = bounds.getLong();
            return new Windowed<>(key, bounds.getLong(), end);
        });
    }

    /// As [#serde] writes it.
    static byte[] bytes(byte[] key, long startMs) {
        return ByteBuffer.allocate(key.length + Long.BYTES).put(key).putLong(startMs).array();
    }

    /// As [#sessionSerde] writes it.
    static byte[] sessionBytes(byte[] key, long endMs, long startMs) {
        return ByteBuffer.allocate(key.length + 2 * Long.BYTES).put(key).putLong(endMs).putLong(startMs).array();
    }
}
