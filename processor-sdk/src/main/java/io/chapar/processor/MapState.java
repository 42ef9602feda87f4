package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.Objects;

/// Any number of values for each key of a `process` step, each under a name of its own: `inner` keys.
public record MapState<M, T>(String name, Serde<M> innerSerde, Serde<T> serde) {
    public MapState {
        KeyRows.requireName(name);
        Objects.requireNonNull(innerSerde, "innerSerde");
        Objects.requireNonNull(serde, "serde");
    }

    public static <M, T> MapState<M, T> named(String name, Serde<M> innerSerde, Serde<T> serde) {
        return new MapState<>(name, innerSerde, serde);
    }

    /// What one key has. Good for the call in which it was given.
    public interface Entries<M, T> {
        @Nullable T get(M inner);

        /// `value` null removes it.
        void put(M inner, @Nullable T value);

        /// A copy, in the order of the inner keys' bytes. Takes memory as all of them do.
        Map<M, T> all();

        void clear();
    }
}
