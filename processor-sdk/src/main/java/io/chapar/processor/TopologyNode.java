package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/// A place in a topology out of which records of one type come. Each node knows the nodes above it, so a topology is
/// the set of its ends. Told apart by identity: the same step written twice is two steps.
///
/// ```
/// Source --> Mapped / FlatMapped / Filtered / Peeked / Folded --> ... --> End.Write | End.Use
///                                    Merged has several above it
/// ```
sealed interface TopologyNode<K, V> {
    /// `fedBy` null: the application does not write what it reads here.
    record Source<K, V>(String topic, Serde<K> keySerde, Serde<V> valueSerde, @Nullable Write<K, V> fedBy)
            implements TopologyNode<K, V> {
    }

    /// `keepsKey`: each record has the key it had before.
    record Mapped<A, B, K, V>(TopologyNode<A, B> above, boolean keepsKey,
            Function<? super StreamRecord<A, B>, StreamRecord<K, V>> step) implements TopologyNode<K, V> {
    }

    /// What a key's next value is; null removes the key. `before` null: it has none.
    interface Fold<K, V, A> {
        @Nullable A next(K key, V value, @Nullable A before);
    }

    /// Each record changes its key's value in the store `name`, and gives the new one.
    record Folded<K, V, A>(TopologyNode<K, V> above, String name, Serde<K> keySerde, Serde<A> valueSerde,
            Fold<K, V, A> fold) implements TopologyNode<K, A> {
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

    /// The topics from which records come here with the keys by which they are spread over partitions.
    /// [UsageException] where a step above may give them others.
    static SortedSet<String> keyedInputs(TopologyNode<?, ?> node) {
        return switch (node) {
            case Source<?, ?> source -> new TreeSet<>(Set.of(source.topic()));
            case Mapped<?, ?, ?, ?> mapped -> mapped.keepsKey() ? keyedInputs(mapped.above()) : rekeyed();
            case FlatMapped<?, ?, ?, ?> mapped -> rekeyed();
            case Filtered<?, ?> filtered -> keyedInputs(filtered.above());
            case Peeked<?, ?> peeked -> keyedInputs(peeked.above());
            case Folded<?, ?, ?> folded -> keyedInputs(folded.above());
            case Merged<?, ?> merged -> {
                TreeSet<String> inputs = new TreeSet<>();
                merged.above().forEach(above -> inputs.addAll(keyedInputs(above)));
                yield inputs;
            }
        };
    }

    private static SortedSet<String> rekeyed() {
        throw new UsageException("map, flatMap and selectKey may give records other keys, whose records lie in several"
                + " partitions: send the stream through a topic, through(topic, keySerde, valueSerde), before"
                + " groupByKey (mapValues keeps the keys)");
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
