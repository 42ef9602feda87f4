package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;

/// Any number of values for each key of a `process` step, in the order in which they were added.
public record ListState<T>(String name, Serde<T> serde) {
    public ListState {
        KeyRows.requireName(name);
        Objects.requireNonNull(serde, "serde");
    }

    public static <T> ListState<T> named(String name, Serde<T> serde) {
        return new ListState<>(name, serde);
    }

    /// What one key has. Good for the call in which it was given.
    public interface Items<T> {
        void add(T value);

        /// A copy. Takes memory as all of them do.
        List<T> all();

        /// Takes the oldest one out; null when there is none.
        @Nullable T removeFirst();

        void clear();
    }
}
