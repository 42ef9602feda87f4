package io.chapar.processor;

import io.chapar.client.serde.Serde;

import java.util.Objects;

/// One value for each key of a `process` step, found again by its name.
public record ValueState<T>(String name, Serde<T> serde) {
    public ValueState {
        KeyRows.requireName(name);
        Objects.requireNonNull(serde, "serde");
    }

    public static <T> ValueState<T> named(String name, Serde<T> serde) {
        return new ValueState<>(name, serde);
    }
}
