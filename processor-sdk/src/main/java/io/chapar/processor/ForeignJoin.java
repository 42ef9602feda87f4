package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.SerdeException;
import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// A join of tables by a foreign key. The two sides are spread over partitions by different keys, so they tell each
/// other through two topics of the application's own:
///
/// ```
/// left table --- a key refers to F (or no more) ---> NAME-subscribe, by F --+
///      |                                                                    +--> store NAME-subscriptions: who refers
///      |                                                    right table ----+      |
///      +--> store NAME: the results <-- what F has --- NAME-respond, by the left key
/// ```
/// An answer counts only if the left key still refers to that F when it comes.
///
/// Rows of the subscriptions: `length of F i32 | F | left key`.
record ForeignJoin<K, V, F, W, R>(String name, TableView<K, V> left, ForeignKey<K, V, F, W> by, Serde<R> resultSerde,
        BiFunction<? super V, ? super W, ? extends R> joiner, boolean needsOther) {
    static final Layout SUBSCRIPTIONS = new Layout("which keys refer to which of another table", 1);
    private static final byte[] SUBSCRIBED = {1};

    /// From or to now on, a left key refers to another.
    @SuppressWarnings("ArrayRecordComponent")
    record Subscription(byte[] key, boolean active) {
        static final Serde<Subscription> SERDE = Serdes.of(subscription -> {
            byte[] bytes = new byte[subscription.key().length + 1];
            bytes[0] = (byte) (subscription.active() ? 1 : 0);
            System.arraycopy(subscription.key(), 0, bytes, 1, subscription.key().length);
            return bytes;
        }, bytes -> {
            if (bytes.length == 0) {
                throw new SerdeException("A subscription has at least a byte");
            }
            return new Subscription(Arrays.copyOfRange(bytes, 1, bytes.length), bytes[0] == 1);
        });
    }

    /// `value` null: the foreign key has nothing.
    @SuppressWarnings("ArrayRecordComponent")
    record Answer(byte[] foreign, byte @Nullable [] value) {
        static final Serde<Answer> SERDE = Serdes.of(answer -> {
            byte[] value = answer.value();
            ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES + answer.foreign().length
                    + (value == null ? 0 : value.length + 1)).putInt(answer.foreign().length).put(answer.foreign());
            return value == null ? bytes.array() : bytes.put((byte) 1).put(value).array();
        }, bytes -> {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            int length = rest.remaining() < Integer.BYTES ? -1 : rest.getInt();
            if (length < 0 || length > rest.remaining()) {
                throw new SerdeException("An answer of " + bytes.length + " bytes is cut off");
            }
            byte[] foreign = new byte[length];
            rest.get(foreign);
            return new Answer(foreign, rest.hasRemaining()
                    ? Arrays.copyOfRange(bytes, rest.position() + 1, bytes.length) : null);
        });
    }

    Table<K, R> of(TopologyNode<K, Change<V>> leftNode, TopologyNode<F, Change<W>> rightNode, TableView<F, W> right) {
        TopologyNode.SharedStep results = new TopologyNode.SharedStep(name, Layout.LATEST_VALUES);
        TopologyNode.SharedStep subscriptions = new TopologyNode.SharedStep(name + "-subscriptions", SUBSCRIPTIONS);
        TopologyNode<F, Subscription> asked = new TopologyNode.Repartitioned<>(
                new TopologyNode.FlatMapped<>(leftNode, this::ask), name + "-subscribe", by.foreignSerde(),
                Subscription.SERDE);
        TopologyNode<K, Answer> answers = new TopologyNode.Merged<>(List.of(
                new TopologyNode.Side<>(asked, subscriptions, List.of(rightNode), false,
                        (StreamRecord<F, Subscription> record, SideStep.Found found,
                                Consumer<StreamRecord<K, Answer>> out) -> subscribed(record, right, found, out)),
                new TopologyNode.Side<>(rightNode, subscriptions, List.of(asked), false, this::changed)));
        TopologyNode<K, Answer> answered = new TopologyNode.Repartitioned<>(answers, name + "-respond", by.keySerde(),
                Answer.SERDE);
        TimedRows<K, R> rows = new TimedRows<>(name, by.keySerde(), resultSerde);
        TopologyNode<K, Change<R>> alone = new TopologyNode.Side<>(leftNode, results, List.of(answered), true,
                (StreamRecord<K, Change<V>> record, SideStep.Found found, Consumer<StreamRecord<K, Change<R>>> out) ->
                        alone(record, rows, found, out));
        TopologyNode<K, Change<R>> together = new TopologyNode.Side<>(answered, results, List.of(leftNode), true,
                (StreamRecord<K, Answer> record, SideStep.Found found, Consumer<StreamRecord<K, Change<R>>> out) ->
                        together(record, rows, found, out));
        return new Table<>(new TopologyNode.Merged<>(List.of(alone, together)), rows);
    }

    private byte @Nullable [] foreign(@Nullable V value) {
        F foreign = value == null ? null : by.of().apply(value);
        return foreign == null ? null : by.foreignSerde().serialize(name, foreign);
    }

    // Beside the left table.

    private List<StreamRecord<F, Subscription>> ask(StreamRecord<K, Change<V>> record) {
        Change<V> change = change(record);
        if (!change.isLatest()) {
            return List.of();
        }
        V before = change.before().get();
        V after = change.after();
        F from = before == null ? null : by.of().apply(before);
        F to = after == null ? null : by.of().apply(after);
        byte[] key = by.keySerde().serialize(name, record.key());
        List<StreamRecord<F, Subscription>> asked = new ArrayList<>();
        if (key != null && from != null && !Arrays.equals(foreign(before), foreign(after))) {
            asked.add(record.with(from, new Subscription(key, false)));
        }
        if (key != null && to != null) {
            asked.add(record.with(to, new Subscription(key, true)));
        }
        return asked;
    }

    /// What nobody else has to be asked for.
    private void alone(StreamRecord<K, Change<V>> record, TimedRows<K, R> rows, SideStep.Found found,
            Consumer<StreamRecord<K, Change<R>>> out) {
        V value = change(record).after();
        if (change(record).isLatest() && foreign(value) == null) {
            R result = value == null || needsOther ? null : joiner.apply(value, null);
            give(record, result, record.timestampMs(), rows, found, out);
        }
    }

    private void together(StreamRecord<K, Answer> record, TimedRows<K, R> rows, SideStep.Found found,
            Consumer<StreamRecord<K, Change<R>>> out) {
        Answer answer = Objects.requireNonNull(record.value(), "an answer");
        TableView.Timed<V> own = left.get(Objects.requireNonNull(record.key(), "a key"), found::of);
        if (own == null || !Arrays.equals(foreign(own.value()), answer.foreign())) {
            return;
        }
        W other = answer.value() == null ? null : by.otherSerde().deserialize(name, answer.value());
        R result = other == null && needsOther ? null : joiner.apply(own.value(), other);
        give(record, result, Math.max(own.timestampMs(), record.timestampMs()), rows, found, out);
    }

    private <A> void give(StreamRecord<K, A> record, @Nullable R result, long timeMs, TimedRows<K, R> rows,
            SideStep.Found found, Consumer<StreamRecord<K, Change<R>>> out) {
        K key = Objects.requireNonNull(record.key(), "a key");
        byte[] bytes = rows.key(key);
        StepState state = found.of(name);
        TableView.Timed<R> before = rows.get(bytes, state);
        if (before == null && result == null) {
            return;
        }
        rows.put(bytes, result, timeMs, state);
        out.accept(record.with(key, new Change<R>(result, () -> before == null ? null : before.value()))
                .withTimestampMs(timeMs));
    }

    // Beside the right table.

    private void subscribed(StreamRecord<F, Subscription> record, TableView<F, W> right, SideStep.Found found,
            Consumer<StreamRecord<K, Answer>> out) {
        F foreign = Objects.requireNonNull(record.key(), "a foreign key");
        Subscription subscription = Objects.requireNonNull(record.value(), "a subscription");
        byte[] bytes = Objects.requireNonNull(by.foreignSerde().serialize(name, foreign), "a key has bytes");
        found.of(name + "-subscriptions").put(KeyRows.joined(chunk(bytes), subscription.key()),
                subscription.active() ? SUBSCRIBED : null);
        if (subscription.active()) {
            TableView.Timed<W> there = right.get(foreign, found::of);
            answer(record, subscription.key(), bytes, there == null ? null : there.value(),
                    there == null ? record.timestampMs() : Math.max(there.timestampMs(), record.timestampMs()), out);
        }
    }

    private void changed(StreamRecord<F, Change<W>> record, SideStep.Found found,
            Consumer<StreamRecord<K, Answer>> out) {
        byte[] bytes = Objects.requireNonNull(by.foreignSerde().serialize(name, record.key()), "a key has bytes");
        byte[] prefix = chunk(bytes);
        Change<W> change = Objects.requireNonNull(record.value(), "a change");
        if (!change.isLatest()) {
            return;
        }
        for (Map.Entry<byte[], byte[]> row : found.of(name + "-subscriptions")
                .range(prefix, KeyRows.behind(prefix)).entrySet()) {
            answer(record, Arrays.copyOfRange(row.getKey(), prefix.length, row.getKey().length), bytes,
                    change.after(), record.timestampMs(), out);
        }
    }

    private <A> void answer(StreamRecord<F, A> record, byte[] key, byte[] foreign, @Nullable W value, long timeMs,
            Consumer<StreamRecord<K, Answer>> out) {
        K left = Objects.requireNonNull(by.keySerde().deserialize(name, key), "a key");
        byte[] bytes = value == null ? null : by.otherSerde().serialize(name, value);
        out.accept(record.with(left, new Answer(foreign, bytes)).withTimestampMs(timeMs));
    }

    private static byte[] chunk(byte[] foreign) {
        return ByteBuffer.allocate(Integer.BYTES + foreign.length).putInt(foreign.length).put(foreign).array();
    }

    private static <K, V> Change<V> change(StreamRecord<K, Change<V>> record) {
        return Objects.requireNonNull(record.value(), "a change");
    }
}
