package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.Function;

/// How to look up what a key of a table has, in the state of its partition.
interface TableView<K, V> {
    /// `timestampMs`: of the record that gave it.
    record Timed<V>(V value, long timestampMs) {
    }

    /// Null when the key has nothing. `states` by step.
    @Nullable Timed<V> get(K key, Function<String, StepState> states);
}
