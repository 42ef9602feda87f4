package io.chapar.processor;

import java.util.function.Consumer;

/// The latest value of each key; a record without a value removes its key. Records without a key are passed over.
record TableStep<K, V>(TimedRows<K, V> rows) implements StatefulStep<K, V, K, Change<V>> {
    @Override
    public Layout layout() {
        return Layout.LATEST_VALUES;
    }

    @Override
    public boolean keysAreIndependent() {
        return true;
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<K, Change<V>>> out) {
        K key = record.key();
        if (key == null) {
            state.passedOver();
            return;
        }
        byte[] bytes = rows.key(key);
        byte[] before = state.get(bytes);
        rows.put(bytes, record.value(), record.timestampMs(), state);
        out.accept(record.with(key, new Change<>(record.value(), () -> rows.value(before))));
    }
}
