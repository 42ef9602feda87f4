package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/// One value for each key, which each of its records changes; its time is the latest of theirs. Records without a key
/// or a value are passed over.
record Fold<K, V, A>(TimedRows<K, A> rows, Next<K, V, A> next) implements StatefulStep<K, V, K, Change<A>> {
    /// What a key's next value is; null removes the key. `before` null: it has none.
    interface Next<K, V, A> {
        @Nullable A of(K key, V value, @Nullable A before);
    }

    @Override
    public Layout layout() {
        return Layout.LATEST_VALUES;
    }

    @Override
    public boolean keysAreIndependent() {
        return true;
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<K, Change<A>>> out) {
        K key = record.key();
        V value = record.value();
        if (key == null || value == null) {
            state.passedOver();
            return;
        }
        byte[] bytes = rows.key(key);
        byte[] row = state.get(bytes);
        TableView.Timed<A> own = rows.read(row);
        A after = next.of(key, value, own == null ? null : own.value());
        long timeMs = own == null ? record.timestampMs() : Math.max(own.timestampMs(), record.timestampMs());
        rows.put(bytes, after, timeMs, state);
        // The function may have changed the value that it was given.
        out.accept(new StreamRecord<>(key, new Change<>(after, () -> rows.value(row)), timeMs, record.headers(),
                record.origin()));
    }
}
