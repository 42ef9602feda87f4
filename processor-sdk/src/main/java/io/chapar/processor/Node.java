package io.chapar.processor;

import io.chapar.client.serde.Serde;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/// A place in a topology out of which records of one type come. Each node knows the nodes above it, so a topology is
/// the set of its ends. Told apart by identity: the same step written twice is two steps.
///
/// ```
/// Source --> Mapped / FlatMapped / Filtered / Peeked --> ... --> End.Write | End.Use
///                                    Merged has several above it
/// ```
sealed interface Node<K, V> {
    record Source<K, V>(String topic, Serde<K> keySerde, Serde<V> valueSerde) implements Node<K, V> {
    }

    record Mapped<A, B, K, V>(Node<A, B> above, Function<? super StreamRecord<A, B>, StreamRecord<K, V>> step)
            implements Node<K, V> {
    }

    record FlatMapped<A, B, K, V>(Node<A, B> above,
            Function<? super StreamRecord<A, B>, ? extends Iterable<StreamRecord<K, V>>> step) implements Node<K, V> {
    }

    record Filtered<K, V>(Node<K, V> above, Predicate<? super StreamRecord<K, V>> step) implements Node<K, V> {
    }

    record Peeked<K, V>(Node<K, V> above, Consumer<? super StreamRecord<K, V>> step) implements Node<K, V> {
    }

    record Merged<K, V>(List<Node<K, V>> above) implements Node<K, V> {
    }

    /// Where records leave the topology.
    sealed interface End {
    }

    record Write<K, V>(Node<K, V> above, Function<? super StreamRecord<K, V>, String> topic, Serde<K> keySerde,
            Serde<V> valueSerde) implements End {
    }

    record Use<K, V>(Node<K, V> above, Consumer<? super StreamRecord<K, V>> step) implements End {
    }
}
