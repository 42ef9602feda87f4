package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import javax.sql.DataSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/// Records of one type on their way from topics to topics. Immutable: each step returns a new stream, and several
/// streams may go on from the same one. Starts with [Topology#from], ends with `to` or `forEach`.
///
/// The functions run one record at a time for each input partition, in its order. They may block; they see an
/// interrupt when the application has to stop. A record that fails may be processed again, in every delivery mode but
/// `AT_MOST_ONCE`.
public final class Stream<K, V> {
    private final TopologyNode<K, V> node;

    Stream(TopologyNode<K, V> node) {
        this.node = node;
    }

    /// One record for each; [StreamRecord#with] keeps time, headers and origin.
    public <A, B> Stream<A, B> map(Function<? super StreamRecord<K, V>, StreamRecord<A, B>> step) {
        return new Stream<>(new TopologyNode.Mapped<>(node, false, Objects.requireNonNull(step, "step")));
    }

    public <B> Stream<K, B> mapValues(Function<? super V, ? extends B> step) {
        Objects.requireNonNull(step, "step");
        return new Stream<>(new TopologyNode.Mapped<>(node, true,
                record -> record.<B>withValue(step.apply(record.value()))));
    }

    /// Another key for each record. It stays in its partition until it is written to a topic: see [#repartition].
    public <A> Stream<A, V> selectKey(Function<? super StreamRecord<K, V>, ? extends A> step) {
        Objects.requireNonNull(step, "step");
        return map(record -> record.with(step.apply(record), record.value()));
    }

    /// Writes each record to `topic`, which must exist, and goes on with what is read there: records of one key in one
    /// partition.
    public Stream<K, V> through(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        Topology.requireTopic(topic);
        return new Stream<>(new TopologyNode.Source<>(topic, Objects.requireNonNull(keySerde, "keySerde"),
                Objects.requireNonNull(valueSerde, "valueSerde"),
                new TopologyNode.Write<>(node, topic, record -> topic, keySerde, valueSerde)));
    }

    /// As [#through], by a topic of the application's own, `APPLICATION-NAME-repartition`, which it makes at its start
    /// with as many partitions as the widest input above has; what has been processed is deleted there.
    public Stream<K, V> repartition(String name, Serde<K> keySerde, Serde<V> valueSerde) {
        return new Stream<>(new TopologyNode.Repartitioned<>(node, StepName.of(name),
                Objects.requireNonNull(keySerde, "keySerde"), Objects.requireNonNull(valueSerde, "valueSerde")));
    }

    /// For steps that keep something for each key. The records have the keys by which they were spread over partitions:
    /// [io.chapar.client.UsageException] when `map`, `flatMap` or [#selectKey] may have given them others since.
    public KeyedStream<K, V> groupByKey(Serde<K> keySerde) {
        if (!TopologyNode.keepsKeys(node)) {
            throw new UsageException("map, flatMap and selectKey may give records other keys, whose records lie in"
                    + " several partitions: give groupByKey the serde of the values as well, so that each step can send"
                    + " them through a topic, or send the stream through one of its own, repartition(name, keySerde,"
                    + " valueSerde) (mapValues keeps the keys)");
        }
        return new KeyedStream<>(node, Objects.requireNonNull(keySerde, "keySerde"), null);
    }

    /// As [#groupByKey(Serde)], for any stream: when a step above may have given records other keys, each stateful step
    /// reads them from a topic of its own, as with [#repartition] and the step's name.
    public KeyedStream<K, V> groupByKey(Serde<K> keySerde, Serde<V> valueSerde) {
        return new KeyedStream<>(node, Objects.requireNonNull(keySerde, "keySerde"),
                Objects.requireNonNull(valueSerde, "valueSerde"));
    }

    /// [#selectKey], then [#groupByKey(Serde, Serde)].
    public <A> KeyedStream<A, V> groupBy(Function<? super StreamRecord<K, V>, ? extends A> key, Serde<A> keySerde,
            Serde<V> valueSerde) {
        return this.<A>selectKey(key).groupByKey(keySerde, valueSerde);
    }

    /// What each key has at the moment by the step that gave this stream: `count`, `sum`, `reduce`, `aggregate`, or a
    /// [Table]; from that step's state. [UsageException] for any other stream: [KeyedStream#table] keeps its values.
    public Table<K, V> table() {
        if (node instanceof TopologyNode.Latest<K, V> latest) {
            return new Table<>(latest.above(), latest.view());
        }
        throw new UsageException("Nothing is kept of this stream. Its values can be: groupByKey(keySerde, valueSerde)"
                + ".table(name, valueSerde)");
    }

    public Stream<K, V> filter(Predicate<? super StreamRecord<K, V>> step) {
        return new Stream<>(new TopologyNode.Filtered<>(node, Objects.requireNonNull(step, "step")));
    }

    /// Each record goes to the first branch whose predicate takes it, else to the last stream returned, of which there
    /// is one more than predicates.
    @SafeVarargs
    public final List<Stream<K, V>> split(Predicate<? super StreamRecord<K, V>>... branches) {
        List<Stream<K, V>> streams = new ArrayList<>();
        Stream<K, V> rest = this;
        for (Predicate<? super StreamRecord<K, V>> branch : branches) {
            Objects.requireNonNull(branch, "branch");
            streams.add(rest.filter(branch));
            rest = rest.filter(record -> !branch.test(record));
        }
        streams.add(rest);
        return List.copyOf(streams);
    }

    /// Any number of records for each, in the order given.
    public <A, B> Stream<A, B> flatMap(
            Function<? super StreamRecord<K, V>, ? extends Iterable<StreamRecord<A, B>>> step) {
        return new Stream<>(new TopologyNode.FlatMapped<>(node, Objects.requireNonNull(step, "step")));
    }

    /// Each record with what `table` has for the key that `key` names; a record whose key has nothing there, or that
    /// names none, gives nothing. The result has the record's own key and time.
    public <G, W, R> Stream<K, R> join(GlobalTable<G, W> table, Function<? super StreamRecord<K, V>, ? extends G> key,
            BiFunction<? super V, ? super W, ? extends R> joiner) {
        return new Stream<>(new TopologyNode.Global<>(node, new GlobalJoin<>(table, key, joiner, true)));
    }

    /// As [#join(GlobalTable, Function, BiFunction)], with null where there is nothing.
    public <G, W, R> Stream<K, R> leftJoin(GlobalTable<G, W> table,
            Function<? super StreamRecord<K, V>, ? extends G> key,
            BiFunction<? super V, ? super @Nullable W, ? extends R> joiner) {
        return new Stream<>(new TopologyNode.Global<>(node, new GlobalJoin<K, V, G, W, R>(table, key, joiner, false)));
    }

    /// Looks at each record and lets it pass.
    public Stream<K, V> peek(Consumer<? super StreamRecord<K, V>> step) {
        return new Stream<>(new TopologyNode.Peeked<>(node, Objects.requireNonNull(step, "step")));
    }

    /// The records of both, each as it comes.
    public Stream<K, V> merge(Stream<K, V> other) {
        return new Stream<>(new TopologyNode.Merged<>(List.of(node, other.node)));
    }

    /// Writes each record to `topic`; the key chooses the partition.
    public Topology to(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        Topology.requireTopic(topic);
        return write(topic, record -> topic, keySerde, valueSerde);
    }

    /// Writes each record to the topic that the function names for it.
    public Topology to(Function<? super StreamRecord<K, V>, String> topic, Serde<K> keySerde, Serde<V> valueSerde) {
        return write("topics named by a function", Objects.requireNonNull(topic, "topic"), keySerde, valueSerde);
    }

    private Topology write(String label, Function<? super StreamRecord<K, V>, String> topic, Serde<K> keySerde,
            Serde<V> valueSerde) {
        return new Topology(List.of(new TopologyNode.Write<>(node, label, topic,
                Objects.requireNonNull(keySerde, "keySerde"), Objects.requireNonNull(valueSerde, "valueSerde"))));
    }

    /// Writes rows to a database: in `EXACTLY_ONCE` in the transaction in which the positions of the input are
    /// committed there, in table `chapar_positions`, which the application makes; else before or behind their commit in
    /// the group. A connection is held for each thread. Rows are written when a commit is due, in the order of each
    /// partition; a row that the database refuses is a failure of its record. All ends of a topology have one database.
    public Topology toJdbc(DataSource source, JdbcStatement<K, V> statement) {
        return new Topology(List.of(new TopologyNode.Rows<>(node, Objects.requireNonNull(source, "source"),
                Objects.requireNonNull(statement, "statement"))));
    }

    /// Hands each record to `step` and writes nothing. What `step` does is outside every delivery promise but "at
    /// least once".
    public Topology forEach(Consumer<? super StreamRecord<K, V>> step) {
        return new Topology(List.of(new TopologyNode.Use<>(node, Objects.requireNonNull(step, "step"))));
    }
}
