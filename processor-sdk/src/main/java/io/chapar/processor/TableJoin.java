package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

/// One side of a join of tables: a change here, with what the other side has. The result's time is the later one.
/// `needsThis`, `needsOther`: a key of which that side has nothing has no result.
record TableJoin<K, V, W, R>(TableView<K, W> other, BiFunction<? super V, ? super W, ? extends R> joiner,
        boolean needsThis, boolean needsOther) implements SideStep<K, Change<V>, K, Change<R>> {
    /// A removal is passed on where there may be something to remove: with anything on the other side, or before.
    @Override
    public void accept(StreamRecord<K, Change<V>> record, Found found, Consumer<StreamRecord<K, Change<R>>> out) {
        K key = Objects.requireNonNull(record.key(), "a table's key");
        Change<V> change = Objects.requireNonNull(record.value(), "a change");
        if (!change.isLatest()) {
            return;
        }
        TableView.Timed<W> there = other.get(key, found::of);
        W right = there == null ? null : there.value();
        if (right == null && (needsOther || (change.after() == null && change.before().get() == null))) {
            return;
        }
        R after = result(change.after(), right);
        long timeMs = there == null ? record.timestampMs() : Math.max(record.timestampMs(), there.timestampMs());
        out.accept(record.with(key, new Change<R>(after, () -> result(change.before().get(), right)))
                .withTimestampMs(timeMs));
    }

    private @Nullable R result(@Nullable V left, @Nullable W right) {
        return result(left, right, joiner, needsThis, needsOther);
    }

    private static <V, W, R> @Nullable R result(@Nullable V left, @Nullable W right,
            BiFunction<? super V, ? super W, ? extends R> joiner, boolean needsLeft, boolean needsRight) {
        boolean none = left == null ? right == null || needsLeft : right == null && needsRight;
        return none ? null : joiner.apply(left, right);
    }

    /// What a key of the joined table has.
    static <V, W, R> TableView.@Nullable Timed<R> joined(TableView.@Nullable Timed<V> left,
            TableView.@Nullable Timed<W> right, BiFunction<? super V, ? super W, ? extends R> joiner,
            boolean needsLeft, boolean needsRight) {
        R result = result(left == null ? null : left.value(), right == null ? null : right.value(), joiner, needsLeft,
                needsRight);
        return result == null ? null : new TableView.Timed<>(result, Math.max(
                left == null ? Long.MIN_VALUE : left.timestampMs(),
                right == null ? Long.MIN_VALUE : right.timestampMs()));
    }

    static <V, B> @Nullable B mapped(@Nullable V value, Function<? super V, ? extends B> step) {
        return value == null ? null : step.apply(value);
    }
}
