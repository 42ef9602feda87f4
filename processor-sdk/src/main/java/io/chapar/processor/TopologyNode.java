package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import javax.sql.DataSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/// A place in a topology out of which records of one type come. Each node knows the nodes above it, so a topology is
/// the set of its ends. Told apart by identity: the same step written twice is two steps.
///
/// ```
/// Source --> Mapped / FlatMapped / Filtered / Peeked / Stateful / Side / Latest --> Repartitioned --> ... --> End
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

    /// Each record may read and change what is kept under `name`. `keepsKey`: what comes out has the key of the record
    /// that caused it.
    record Stateful<A, B, K, V>(TopologyNode<A, B> above, String name, boolean keepsKey, StatefulStep<A, B, K, V> step)
            implements TopologyNode<K, V> {
    }

    /// Written to a topic of the application's own, which has its name from `name`, and read there: records of one key
    /// in one partition.
    record Repartitioned<K, V>(TopologyNode<K, V> above, String name, Serde<K> keySerde, Serde<V> valueSerde)
            implements TopologyNode<K, V> {
    }

    /// The new values of a table.
    record Latest<K, V>(TopologyNode<K, Change<V>> above, TableView<K, V> view) implements TopologyNode<K, V> {
    }

    /// One side of a join: each record may read what the steps above `beside` keep, whose records meet those of this
    /// node in one stage; and, if the join has state of its own, read and change what both sides have in it.
    record Side<A, B, K, V>(TopologyNode<A, B> above, @Nullable SharedStep state, List<TopologyNode<?, ?>> beside,
            boolean keepsKey, SideStep<A, B, K, V> step) implements TopologyNode<K, V> {
    }

    /// The state of a join. Told apart by identity: two joins of one name are a mistake.
    final class SharedStep {
        private final String name;
        private final Layout layout;

        SharedStep(String name, Layout layout) {
            this.name = StepName.of(name);
            this.layout = layout;
        }

        Layout layout() {
            return layout;
        }

        String name() {
            return name;
        }
    }

    record FlatMapped<A, B, K, V>(TopologyNode<A, B> above,
            Function<? super StreamRecord<A, B>, ? extends Iterable<StreamRecord<K, V>>> step)
            implements TopologyNode<K, V> {
    }

    /// Each record may read what a global table has.
    record Global<K, A, V>(TopologyNode<K, A> above, GlobalJoin<K, A, ?, ?, V> step) implements TopologyNode<K, V> {
    }

    record Filtered<K, V>(TopologyNode<K, V> above, Predicate<? super StreamRecord<K, V>> step)
            implements TopologyNode<K, V> {
    }

    record Peeked<K, V>(TopologyNode<K, V> above, Consumer<? super StreamRecord<K, V>> step)
            implements TopologyNode<K, V> {
    }

    record Merged<K, V>(List<TopologyNode<K, V>> above) implements TopologyNode<K, V> {
    }

    /// Whether each record has the key by which it was spread over partitions; false where a step above may give it
    /// another.
    static boolean keepsKeys(TopologyNode<?, ?> node) {
        return switch (node) {
            case Source<?, ?> source -> true;
            case Repartitioned<?, ?> cut -> true;
            case Mapped<?, ?, ?, ?> mapped -> mapped.keepsKey() && keepsKeys(mapped.above());
            case FlatMapped<?, ?, ?, ?> mapped -> false;
            case Global<?, ?, ?> global -> keepsKeys(global.above());
            case Filtered<?, ?> filtered -> keepsKeys(filtered.above());
            case Peeked<?, ?> peeked -> keepsKeys(peeked.above());
            case Stateful<?, ?, ?, ?> stateful -> stateful.keepsKey() && keepsKeys(stateful.above());
            case Latest<?, ?> latest -> keepsKeys(latest.above());
            case Side<?, ?, ?, ?> side -> side.keepsKey() && keepsKeys(side.above());
            case Merged<?, ?> merged -> merged.above().stream().allMatch(TopologyNode::keepsKeys);
        };
    }

    /// Where records leave the topology.
    sealed interface End {
    }

    /// `label`: where to, for people.
    record Write<K, V>(TopologyNode<K, V> above, String label, Function<? super StreamRecord<K, V>, String> topic,
            Serde<K> keySerde, Serde<V> valueSerde) implements End {
    }

    /// Rows of a database, in one transaction with the positions.
    record Rows<K, V>(TopologyNode<K, V> above, DataSource source, JdbcStatement<K, V> statement) implements End {
    }

    record Use<K, V>(TopologyNode<K, V> above, Consumer<? super StreamRecord<K, V>> step) implements End {
    }
}
