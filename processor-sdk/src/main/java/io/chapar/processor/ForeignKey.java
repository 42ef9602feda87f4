package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.Function;

/// How a table refers to another one: each value names a key there. For [Table#join(String, Table, ForeignKey, Serde,
/// java.util.function.BiFunction)].
///
/// @param of the key there that a value refers to; null: none. Gives the same whenever it gets the same
/// @param keySerde of the table that refers
/// @param foreignSerde of the keys it refers to, as their topic has them
/// @param otherSerde of the values that are referred to
public record ForeignKey<K, V, F, W>(Function<? super V, ? extends @Nullable F> of, Serde<K> keySerde,
        Serde<F> foreignSerde, Serde<W> otherSerde) {
    public ForeignKey {
        Objects.requireNonNull(of, "of");
        Objects.requireNonNull(keySerde, "keySerde");
        Objects.requireNonNull(foreignSerde, "foreignSerde");
        Objects.requireNonNull(otherSerde, "otherSerde");
    }

    public static <K, V, F, W> ForeignKey<K, V, F, W> of(Function<? super V, ? extends @Nullable F> of,
            Serde<K> keySerde, Serde<F> foreignSerde, Serde<W> otherSerde) {
        return new ForeignKey<>(of, keySerde, foreignSerde, otherSerde);
    }
}
