package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;

/// What each key has at the moment. Immutable. From a topic ([Topology#table]), from the records of a stream
/// ([KeyedStream#table]), from what a step has counted ([Stream#table]), or from other tables.
///
/// One that is kept with its history ([KeyedStream#versionedTable]) has versions, and so has what `mapValues` and
/// `filter` make of it: a stream is joined with what a key had at the time of the record. A change that comes out of
/// order goes to [#toStream], but changes no result of a join with another table, which has what both have now.
///
/// Tables and streams that are joined need the same number of partitions, spread by the same keys; an application whose
/// topics have not says so at its start. Of the topics of one partition number the record with the earliest time comes
/// first, as far as they have been read.
public final class Table<K, V> {
    private final TopologyNode<K, Change<V>> node;
    private final TableView<K, V> view;

    Table(TopologyNode<K, Change<V>> node, TableView<K, V> view) {
        this.node = node;
        this.view = view;
    }

    /// Each new value of a key; null: it has none any more.
    public Stream<K, V> toStream() {
        return new Stream<>(new TopologyNode.Latest<>(node, view));
    }

    /// Another value for each.
    public <B> Table<K, B> mapValues(Function<? super V, ? extends B> step) {
        Objects.requireNonNull(step, "step");
        return new Table<>(new TopologyNode.Mapped<>(node, true, record -> {
            Change<V> change = value(record);
            return record.<Change<B>>withValue(new Change<>(TableJoin.mapped(change.after(), step),
                    () -> TableJoin.mapped(change.before().get(), step), change.isLatest()));
        }), view.with((key, timed) -> {
            B mapped = step.apply(timed.value());
            return mapped == null ? null : new TableView.Timed<>(mapped, timed.timestampMs());
        }));
    }

    /// What the predicate takes; a key whose value it does not take has nothing.
    public Table<K, V> filter(BiPredicate<? super K, ? super V> step) {
        Objects.requireNonNull(step, "step");
        TopologyNode<K, Change<V>> filtered = new TopologyNode.Mapped<>(node, true, record -> {
            K key = Objects.requireNonNull(record.key(), "a table's key");
            Change<V> change = value(record);
            return record.<Change<V>>withValue(new Change<>(kept(key, change.after(), step),
                    () -> kept(key, change.before().get(), step), change.isLatest()));
        });
        return new Table<>(new TopologyNode.Filtered<>(filtered, record ->
                value(record).after() != null || value(record).before().get() != null),
                view.with((key, timed) -> step.test(key, timed.value()) ? timed : null));
    }

    private static <K, V> @Nullable V kept(K key, @Nullable V value, BiPredicate<? super K, ? super V> step) {
        return value != null && step.test(key, value) ? value : null;
    }

    /// Each key with what the key has that its value refers to in `other`; nothing while that has nothing. The result
    /// is kept under `name`, and the two tables may have different numbers of partitions: see [ForeignJoin].
    public <F, W, R> Table<K, R> join(String name, Table<F, W> other, ForeignKey<K, V, F, W> by, Serde<R> resultSerde,
            BiFunction<? super V, ? super W, ? extends R> joiner) {
        return foreign(name, other, by, resultSerde, joiner, true);
    }

    /// As the other one, with null while the key referred to has nothing, or a value refers to none.
    public <F, W, R> Table<K, R> leftJoin(String name, Table<F, W> other, ForeignKey<K, V, F, W> by,
            Serde<R> resultSerde, BiFunction<? super V, ? super @Nullable W, ? extends R> joiner) {
        return foreign(name, other, by, resultSerde, joiner, false);
    }

    private <F, W, R> Table<K, R> foreign(String name, Table<F, W> other, ForeignKey<K, V, F, W> by,
            Serde<R> resultSerde, BiFunction<? super V, ? super W, ? extends R> joiner, boolean needsOther) {
        return new ForeignJoin<>(StepName.of(name), view, Objects.requireNonNull(by, "by"),
                Objects.requireNonNull(resultSerde, "resultSerde"), Objects.requireNonNull(joiner, "joiner"),
                needsOther).of(node, other.node, other.view);
    }

    /// What both have: a key of which one has nothing has nothing.
    public <W, R> Table<K, R> join(Table<K, W> other, BiFunction<? super V, ? super W, ? extends R> joiner) {
        return joined(other, joiner, true, true);
    }

    /// What this one has, with what the other has or null.
    public <W, R> Table<K, R> leftJoin(Table<K, W> other,
            BiFunction<? super V, ? super @Nullable W, ? extends R> joiner) {
        return joined(other, joiner, true, false);
    }

    /// What either has, with null for what the other has not.
    public <W, R> Table<K, R> outerJoin(Table<K, W> other,
            BiFunction<? super @Nullable V, ? super @Nullable W, ? extends R> joiner) {
        return joined(other, joiner, false, false);
    }

    private <W, R> Table<K, R> joined(Table<K, W> other, BiFunction<? super V, ? super W, ? extends R> joiner,
            boolean needsThis, boolean needsOther) {
        Objects.requireNonNull(joiner, "joiner");
        TopologyNode<K, Change<R>> here = new TopologyNode.Side<>(node, null, List.of(other.node), true,
                new TableJoin<>(other.view, joiner, needsThis, needsOther));
        TopologyNode<K, Change<R>> there = new TopologyNode.Side<>(other.node, null, List.of(node), true,
                new TableJoin<>(view, (W right, V left) -> joiner.apply(left, right), needsOther, needsThis));
        return new Table<>(new TopologyNode.Merged<>(List.of(here, there)), (key, states) ->
                TableJoin.joined(view.get(key, states), other.view.get(key, states), joiner, needsThis, needsOther));
    }

    private static <K, V> Change<V> value(StreamRecord<K, Change<V>> record) {
        return Objects.requireNonNull(record.value(), "a change");
    }

    TopologyNode<K, Change<V>> node() {
        return node;
    }

    TableView<K, V> view() {
        return view;
    }
}
