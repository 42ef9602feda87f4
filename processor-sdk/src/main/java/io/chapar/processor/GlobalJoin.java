package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/// Each record of a stream, with what a global table has for the key that the record names. A record without a value is
/// passed over, and one that names no key where the table has to have something. `needsTable`: else the result is made
/// with null.
record GlobalJoin<K, V, G, W, R>(GlobalTable<G, W> table, Function<? super StreamRecord<K, V>, ? extends G> key,
        BiFunction<? super V, ? super W, ? extends R> joiner, boolean needsTable) {
    GlobalJoin {
        Objects.requireNonNull(table, "table");
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(joiner, "joiner");
    }

    void accept(StreamRecord<K, V> record, GlobalRows rows, Runnable passedOver,
            Consumer<StreamRecord<K, R>> out) {
        V value = record.value();
        G wanted = value == null ? null : key.apply(record);
        if (value == null || (wanted == null && needsTable)) {
            passedOver.run();
            return;
        }
        W there = wanted == null ? null : find(wanted, rows);
        if (there != null || !needsTable) {
            out.accept(record.withValue(joiner.apply(value, there)));
        }
    }

    private @Nullable W find(G wanted, GlobalRows rows) {
        byte[] bytes = Objects.requireNonNull(table.keySerde().serialize(table.topic(), wanted), "a key has bytes");
        return table.valueSerde().deserialize(table.topic(), rows.get(table.topic(), bytes));
    }
}
