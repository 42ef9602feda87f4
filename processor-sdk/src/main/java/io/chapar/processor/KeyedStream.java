package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// Records of one key together: what the steps here know of a key is kept in a store, and in the topic
/// `APPLICATION-NAME-changelog`, from which the store is built when the partition comes to another instance. Each step
/// has a name of the user's, by which a changed topology finds its state again.
///
/// Records without a key or a value are passed over. The stream that comes out has each new value of a key, with
/// headers and origin of the record that caused it, and the latest time of its records.
///
/// In `EXACTLY_ONCE` state, outputs and positions are one transaction. `AT_LEAST_ONCE` state has counted every record,
/// and after a crash some twice; `AT_MOST_ONCE` none twice, and after a crash some not at all.
public final class KeyedStream<K, V> {
    /// Gives a key's next value; null removes the key. Called for one record of a partition at a time.
    @FunctionalInterface
    public interface Aggregator<K, V, A> {
        A apply(K key, V value, A aggregate);
    }

    private final TopologyNode<K, V> node;
    private final Serde<K> keySerde;
    private final @Nullable Serde<V> valueSerde;

    /// `valueSerde` null: the records are known to have the keys by which they were spread over partitions.
    KeyedStream(TopologyNode<K, V> node, Serde<K> keySerde, @Nullable Serde<V> valueSerde) {
        this.node = node;
        this.keySerde = keySerde;
        this.valueSerde = valueSerde;
    }

    /// How many records each key had.
    public Stream<K, Long> count(String name) {
        return aggregate(name, Serdes.int64(), () -> 0L, (key, value, count) -> count + 1);
    }

    /// The first record's value, then what `step` makes of the last result and the next value.
    public Stream<K, V> reduce(String name, Serde<V> valueSerde, BinaryOperator<V> step) {
        Objects.requireNonNull(step, "step");
        return folded(name, valueSerde, (key, value, before) -> before == null ? value
                : step.apply(before, value));
    }

    /// Begins with `initial` for each key. The aggregate that `step` is given is a copy of its own.
    public <A> Stream<K, A> aggregate(String name, Serde<A> aggregateSerde, Supplier<A> initial,
            Aggregator<? super K, ? super V, A> step) {
        Objects.requireNonNull(initial, "initial");
        Objects.requireNonNull(step, "step");
        return folded(name, aggregateSerde, (key, value, before) ->
                step.apply(key, value, before == null ? initial.get() : before));
    }

    /// The sum over each key's records; a sum that does not fit is a failure of its record.
    public Stream<K, Long> sum(String name, ToLongFunction<? super V> amount) {
        Objects.requireNonNull(amount, "amount");
        return aggregate(name, Serdes.int64(), () -> 0L,
                (key, value, sum) -> Math.addExact(sum, amount.applyAsLong(value)));
    }

    /// Whatever functions make of state of their own and of timers; see [KeyProcess].
    public <B> Stream<K, B> process(String name, KeyProcess<K, V, B> process) {
        return stateful(name, true, new ProcessStep<>(name, keySerde, Objects.requireNonNull(process, "process")));
    }

    /// One result for each key and window in place of one for each key.
    public WindowedStream<K, V> windowedBy(Windows windows) {
        return new WindowedStream<>(this, Objects.requireNonNull(windows, "windows"), false, null);
    }

    /// As [#windowedBy(Windows)], for windows that last as long as records come.
    public SessionStream<K, V> windowedBy(SessionWindows windows) {
        return new SessionStream<>(this, Objects.requireNonNull(windows, "windows"), false, null);
    }

    private <A> Stream<K, A> folded(String name, Serde<A> serde, Fold.Next<K, V, A> next) {
        TimedRows<K, A> rows = new TimedRows<>(StepName.of(name), keySerde, Objects.requireNonNull(serde, "serde"));
        return new Table<>(node(name, true, new Fold<>(rows, next)), rows).toStream();
    }

    /// The latest value of each key; a record without a value removes its key.
    public Table<K, V> table(String name, Serde<V> valueSerde) {
        TimedRows<K, V> rows = new TimedRows<>(StepName.of(name), keySerde,
                Objects.requireNonNull(valueSerde, "valueSerde"));
        return new Table<>(node(name, true, new TableStep<>(rows)), rows);
    }

    /// As [#table], with what each key has had: a record changes what its key had from its own time on, until the time
    /// of the key's next one, in whatever order they come. What was over for longer than `history` is removed, by the
    /// latest time of all records in the partition; a record that is older than that comes too late, and changes
    /// nothing. A record before 1970 is a failure of that record.
    public Table<K, V> versionedTable(String name, Serde<V> valueSerde, Duration history) {
        TimedVersions<K, V> versions = new TimedVersions<>(StepName.of(name), keySerde,
                Objects.requireNonNull(valueSerde, "valueSerde"), VersionedState.requireHistory(history),
                VersionRows.ofStep());
        return new Table<>(node(name, true, new VersionedTableStep<>(versions)), versions);
    }

    /// Each record with what its key has in `table`, or had at the record's time if that has versions; a record whose
    /// key has nothing there gives nothing. `name` is that of the topic through which the stream goes first if a step
    /// above may have given its records other keys.
    public <W, R> Stream<K, R> join(String name, Table<K, W> table,
            BiFunction<? super V, ? super W, ? extends R> joiner) {
        return lookup(name, table, joiner, true);
    }

    /// As [#join(String, Table, BiFunction)], with null for a key that has nothing in `table`, or a record without one.
    public <W, R> Stream<K, R> leftJoin(String name, Table<K, W> table,
            BiFunction<? super V, ? super @Nullable W, ? extends R> joiner) {
        return lookup(name, table, joiner, false);
    }

    /// As [#join(String, Table, BiFunction)], with a table that has versions, and not before the latest time of the
    /// stream's records is `grace` past that of the record: what comes to the table late by less than that is met too.
    /// Time goes on with the records of the stream alone. What waits is kept under `name`; `serde` is for its values.
    public <W, R> Stream<K, R> join(String name, Table<K, W> table, Duration grace, Serde<V> serde,
            BiFunction<? super V, ? super W, ? extends R> joiner) {
        return waiting(name, table, grace, serde, joiner, true);
    }

    /// As [#join(String, Table, Duration, Serde, BiFunction)], with null for a key that had nothing then.
    public <W, R> Stream<K, R> leftJoin(String name, Table<K, W> table, Duration grace, Serde<V> serde,
            BiFunction<? super V, ? super @Nullable W, ? extends R> joiner) {
        return waiting(name, table, grace, serde, joiner, false);
    }

    /// Each two records of a key that lie in one window, as long as neither came too late for the other. `serde` and
    /// `otherSerde` are for the values of both streams, which are kept as long as others may meet them.
    public <W, R> Stream<K, R> join(String name, KeyedStream<K, W> other, JoinWindows windows, Serde<V> serde,
            Serde<W> otherSerde, BiFunction<? super V, ? super W, ? extends R> joiner) {
        return joined(name, other, windows, serde, otherSerde, joiner, false, false);
    }

    /// As [#join(String, KeyedStream, JoinWindows, Serde, Serde, BiFunction)], and each record of this stream that has
    /// found none when its window has closed, with null, at its own time: each by itself, as
    /// [WindowedStream#emitFinal] does.
    public <W, R> Stream<K, R> leftJoin(String name, KeyedStream<K, W> other, JoinWindows windows, Serde<V> serde,
            Serde<W> otherSerde, BiFunction<? super V, ? super @Nullable W, ? extends R> joiner) {
        return joined(name, other, windows, serde, otherSerde, joiner, true, false);
    }

    /// As [#leftJoin(String, KeyedStream, JoinWindows, Serde, Serde, BiFunction)], for the records of both streams.
    public <W, R> Stream<K, R> outerJoin(String name, KeyedStream<K, W> other, JoinWindows windows, Serde<V> serde,
            Serde<W> otherSerde, BiFunction<? super @Nullable V, ? super @Nullable W, ? extends R> joiner) {
        return joined(name, other, windows, serde, otherSerde, joiner, true, true);
    }

    private <W, R> Stream<K, R> joined(String name, KeyedStream<K, W> other, JoinWindows windows, Serde<V> serde,
            Serde<W> otherSerde, BiFunction<? super V, ? super W, ? extends R> joiner, boolean leftAlone,
            boolean rightAlone) {
        Objects.requireNonNull(joiner, "joiner");
        Objects.requireNonNull(serde, "serde");
        Objects.requireNonNull(otherSerde, "otherSerde");
        TopologyNode.SharedStep state = new TopologyNode.SharedStep(name, Layout.JOINED_STREAMS);
        TopologyNode<K, V> left = spread(name + "-left");
        TopologyNode<K, W> right = other.spread(name + "-right");
        TopologyNode<K, R> here = new TopologyNode.Side<>(left, state, List.of(right), true, new WindowJoin<>(name,
                JoinRows.Side.LEFT, windows, leftAlone, rightAlone, keySerde, serde, otherSerde, joiner));
        TopologyNode<K, R> there = new TopologyNode.Side<>(right, state, List.of(left), true, new WindowJoin<>(name,
                JoinRows.Side.RIGHT, windows.mirrored(), rightAlone, leftAlone, keySerde, otherSerde, serde,
                (W second, V first) -> joiner.apply(first, second)));
        return new Stream<>(new TopologyNode.Merged<>(List.of(here, there)));
    }

    private <W, R> Stream<K, R> lookup(String name, Table<K, W> table,
            BiFunction<? super V, ? super W, ? extends R> joiner, boolean needsTable) {
        return new Stream<>(new TopologyNode.Side<>(spread(StepName.of(name)), null, List.of(table.node()), true,
                new LookupJoin<>(table.view(), Objects.requireNonNull(joiner, "joiner"), needsTable)));
    }

    private <W, R> Stream<K, R> waiting(String name, Table<K, W> table, Duration grace, Serde<V> serde,
            BiFunction<? super V, ? super W, ? extends R> joiner, boolean needsTable) {
        long historyMs = table.view().historyMs();
        if (historyMs == TableView.NO_HISTORY) {
            throw new UsageException("Records can wait for a table that has versions alone: versionedTable(name, serde,"
                    + " history)");
        }
        if (grace.isNegative() || grace.compareTo(Duration.ofMillis(historyMs)) > 0) {
            throw new UsageException("A grace is not negative and no longer than the history of the table, which is "
                    + historyMs + " ms, not " + grace);
        }
        return new Stream<>(new TopologyNode.Side<>(spread(StepName.of(name)),
                new TopologyNode.SharedStep(name, Layout.WAITING_FOR_A_TABLE), List.of(table.node()), true,
                new GraceJoin<>(name, keySerde, Objects.requireNonNull(serde, "serde"), grace.toMillis(),
                        new LookupJoin<>(table.view(), Objects.requireNonNull(joiner, "joiner"), needsTable))));
    }

    <A, B> Stream<A, B> stateful(String name, boolean keepsKey, StatefulStep<K, V, A, B> step) {
        return new Stream<>(node(name, keepsKey, step));
    }

    private <A, B> TopologyNode<A, B> node(String name, boolean keepsKey, StatefulStep<K, V, A, B> step) {
        return new TopologyNode.Stateful<>(spread(StepName.of(name)), name, keepsKey, step);
    }

    Serde<K> keySerde() {
        return keySerde;
    }

    /// The records with one key's in one partition.
    private TopologyNode<K, V> spread(String step) {
        return valueSerde == null || TopologyNode.keepsKeys(node) ? node
                : new TopologyNode.Repartitioned<>(node, step, keySerde, valueSerde);
    }
}
