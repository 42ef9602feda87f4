package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import io.chapar.client.serde.Serdes;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/// A key in one window: times from `startMs` on, and before `endMs`.
public record Windowed<K>(K key, long startMs, long endMs) {
    /// As Kafka Streams writes keys of time windows: `key | start i64`. The end follows from the windows.
    public static <K> Serde<Windowed<K>> serde(Serde<K> keySerde, TimeWindows windows) {
        return Serdes.of(windowed -> {
            byte[] key = Objects.requireNonNull(keySerde.serialize("", windowed.key()), "a key has bytes");
            return ByteBuffer.allocate(key.length + Long.BYTES).put(key).putLong(windowed.startMs()).array();
        }, bytes -> {
            int length = bytes.length - Long.BYTES;
            if (length < 0) {
                throw new SerdeException("A windowed key of " + bytes.length + " bytes has no room for its start");
            }
            long start = ByteBuffer.wrap(bytes).getLong(length);
            K key = Objects.requireNonNull(keySerde.deserialize("", Arrays.copyOf(bytes, length)), "a key");
            return new Windowed<>(key, start, start + windows.sizeMs());
        });
    }
}
