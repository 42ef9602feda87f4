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
sealed interface TopologyNode<K, V> {
    record Source<K, V>(String topic, Serde<K> keySerde, Serde<V> valueSerde) implements TopologyNode<K, V> {
    }

    record Mapped<A, B, K, V>(TopologyNode<A, B> above, Function<? super StreamRecord<A, B>, StreamRecord<K, V>> step)
            implements TopologyNode<K, V> {
    }

    record FlatMapped<A, B, K, V>(TopologyNode<A, B> above,
            Function<? super StreamRecord<A, B>, ? extends Iterable<StreamRecord<K, V>>> step)
            implements TopologyNode<K, V> {
    }

    record Filtered<K, V>(TopologyNode<K, V> above, Predicate<? super StreamRecord<K, V>> step)
            implements TopologyNode<K, V> {
    }

    record Peeked<K, V>(TopologyNode<K, V> above, Consumer<? super StreamRecord<K, V>> step)
            implements TopologyNode<K, V> {
    }

    record Merged<K, V>(List<TopologyNode<K, V>> above) implements TopologyNode<K, V> {
    }

    /// Where records leave the topology.
    sealed interface End {
    }

    record Write<K, V>(TopologyNode<K, V> above, Function<? super StreamRecord<K, V>, String> topic, Serde<K> keySerde,
            Serde<V> valueSerde) implements End {
    }

    record Use<K, V>(TopologyNode<K, V> above, Consumer<? super StreamRecord<K, V>> step) implements End {
    }
}
