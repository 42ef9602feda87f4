package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.Consumer;

/// One value for each key, which each of its records changes. Records without a key or a value are passed over.
///
/// @param name for the serdes, as the topic
record Fold<K, V, A>(String name, Serde<K> keySerde, Serde<A> valueSerde, Next<K, V, A> next)
        implements StatefulStep<K, V, K, A> {
    /// What a key's next value is; null removes the key. `before` null: it has none.
    interface Next<K, V, A> {
        @Nullable A of(K key, V value, @Nullable A before);
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<K, A>> out) {
        K key = record.key();
        V value = record.value();
        if (key == null || value == null) {
            return;
        }
        byte[] bytes = Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes");
        A before = valueSerde.deserialize(name, state.get(bytes));
        A after = next.of(key, value, before);
        state.put(bytes, valueSerde.serialize(name, after));
        out.accept(record.with(key, after));
    }
}
