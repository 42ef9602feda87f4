package io.chapar.processor;

import java.util.function.BiFunction;
import java.util.function.Consumer;

/// Each record of a stream, with what its key has in a table, or had at the record's time if the table has versions. A
/// record without a value is passed over, and one without a key where the table has to have something. `needsTable`:
/// else the result is made with null.
record LookupJoin<K, V, W, R>(TableView<K, W> table, BiFunction<? super V, ? super W, ? extends R> joiner,
        boolean needsTable) implements SideStep<K, V, K, R> {
    @Override
    public void accept(StreamRecord<K, V> record, Found found, Consumer<StreamRecord<K, R>> out) {
        K key = record.key();
        V value = record.value();
        if (value == null || (key == null && needsTable)) {
            found.passedOver();
            return;
        }
        TableView.Timed<W> there = key == null ? null : table.get(key, record.timestampMs(), found::of);
        if (there != null || !needsTable) {
            out.accept(record.with(key, joiner.apply(value, there == null ? null : there.value())));
        }
    }
}
