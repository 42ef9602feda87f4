package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.BiFunction;
import java.util.function.Function;

/// How to look up what a key of a table has, in the state of its partition.
interface TableView<K, V> {
    /// Of a table that has no versions.
    long NO_HISTORY = -1;

    /// `timestampMs`: of the record that gave it.
    record Timed<V>(V value, long timestampMs) {
    }

    /// Null when the key has nothing. `states` by step.
    @Nullable Timed<V> get(K key, Function<String, StepState> states);

    /// What a record of this time meets: what the key had then, if the table has versions; else what it has.
    default @Nullable Timed<V> get(K key, long timeMs, Function<String, StepState> states) {
        return get(key, states);
    }

    /// For how long versions are kept.
    default long historyMs() {
        return NO_HISTORY;
    }

    /// With something else, or nothing, for each value.
    default <B> TableView<K, B> with(BiFunction<? super K, ? super Timed<V>, @Nullable Timed<B>> step) {
        TableView<K, V> view = this;
        return new TableView<>() {
            @Override
            public @Nullable Timed<B> get(K key, Function<String, StepState> states) {
                return with(key, view.get(key, states));
            }

            @Override
            public @Nullable Timed<B> get(K key, long timeMs, Function<String, StepState> states) {
                return with(key, view.get(key, timeMs, states));
            }

            private @Nullable Timed<B> with(K key, @Nullable Timed<V> timed) {
                return timed == null ? null : step.apply(key, timed);
            }

            @Override
            public long historyMs() {
                return view.historyMs();
            }
        };
    }
}
