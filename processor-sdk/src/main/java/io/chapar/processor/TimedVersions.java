package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.Function;

/// The versions of a step's keys, with their types.
///
/// @param name of the step; for the serdes too, as the topic
record TimedVersions<K, V>(String name, Serde<K> keySerde, Serde<V> valueSerde, long historyMs, VersionRows rows)
        implements TableView<K, V> {
    byte[] key(K key) {
        return Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
    }

    byte @Nullable [] bytes(@Nullable V value) {
        return value == null ? null : valueSerde.serialize(name, value);
    }

    /// A value of its own each time.
    @Nullable V value(byte @Nullable [] bytes) {
        return bytes == null ? null : valueSerde.deserialize(name, bytes);
    }

    @Override
    public @Nullable Timed<V> get(K key, Function<String, StepState> states) {
        return timed(rows.latest(key(key), states.apply(name)));
    }

    @Override
    public @Nullable Timed<V> get(K key, long timeMs, Function<String, StepState> states) {
        return timed(rows.asOf(key(key), timeMs, states.apply(name)));
    }

    private @Nullable Timed<V> timed(VersionRows.@Nullable Found found) {
        V value = found == null ? null : value(found.value());
        return found == null || value == null ? null : new Timed<>(value, found.fromMs());
    }
}
