package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;

/// How a store of one value for each key is laid out: `key` to `time i64 | value`.
///
/// @param name of the step; for the serdes too, as the topic
record TimedRows<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde) implements TableView<K, V> {
    byte[] key(K key) {
        return Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
    }

    @Nullable Timed<V> get(byte[] key, StepState state) {
        return read(state.get(key));
    }

    /// A value of its own each time. Null: the row is, or says, that there is none.
    @Nullable Timed<V> read(byte @Nullable [] row) {
        V value = row == null ? null : valueSerde.deserialize(name, Arrays.copyOfRange(row, Long.BYTES, row.length));
        return row == null || value == null ? null : new Timed<>(value, ByteBuffer.wrap(row).getLong());
    }

    /// As [#read].
    @Nullable V value(byte @Nullable [] row) {
        Timed<V> read = read(row);
        return read == null ? null : read.value();
    }

    /// `value` null removes the key.
    void put(byte[] key, @Nullable V value, long timestampMs, StepState state) {
        byte[] bytes = value == null ? null : valueSerde.serialize(name, value);
        state.put(key, bytes == null ? null
                : ByteBuffer.allocate(Long.BYTES + bytes.length).putLong(timestampMs).put(bytes).array());
    }

    @Override
    public @Nullable Timed<V> get(K key, Function<String, StepState> states) {
        return get(key(key), states.apply(name));
    }
}
