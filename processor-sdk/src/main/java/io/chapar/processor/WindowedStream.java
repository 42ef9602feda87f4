package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// Records of one key and window together. Immutable. The stream that comes out has each new value of a key in a
/// window, with the latest time of its records; with [#emitFinal] the last one alone, when the window closes.
///
/// A record that no open window takes is late: it changes nothing, and is counted in [ProcessorStatus#lateRecords].
public final class WindowedStream<K, V> {
    private final KeyedStream<K, V> keyed;
    private final Windows windows;
    private final boolean emitFinal;
    private final @Nullable String lateTopic;

    WindowedStream(KeyedStream<K, V> keyed, Windows windows, boolean emitFinal, @Nullable String lateTopic) {
        this.keyed = keyed;
        this.windows = windows;
        this.emitFinal = emitFinal;
        this.lateTopic = lateTopic;
    }

    /// One result for each key and window, when it closes: by the next record of the partition whose time is late
    /// enough. It is worked on by itself, so that the error policy is applied to it and not to that record; not in
    /// [Delivery#AT_MOST_ONCE].
    public WindowedStream<K, V> emitFinal() {
        return new WindowedStream<>(keyed, windows, true, lateTopic);
    }

    /// Late records go to `topic` as dead letters do, with the step that was late in
    /// [ErrorPolicy#HEADER_PREFIX]`error`.
    public WindowedStream<K, V> lateTo(String topic) {
        Topology.requireTopic(topic);
        return new WindowedStream<>(keyed, windows, emitFinal, topic);
    }

    public Stream<Windowed<K>, Long> count(String name) {
        return aggregate(name, Serdes.int64(), () -> 0L, (key, value, count) -> count + 1);
    }

    public Stream<Windowed<K>, Long> sum(String name, ToLongFunction<? super V> amount) {
        Objects.requireNonNull(amount, "amount");
        return aggregate(name, Serdes.int64(), () -> 0L,
                (key, value, sum) -> Math.addExact(sum, amount.applyAsLong(value)));
    }

    /// The first record's value, then what `step` makes of the last result and the next value.
    public Stream<Windowed<K>, V> reduce(String name, Serde<V> valueSerde, BinaryOperator<V> step) {
        Objects.requireNonNull(step, "step");
        return folded(name, valueSerde, (key, value, before) -> before == null ? value : step.apply(before, value));
    }

    /// Begins with `initial` for each key and window; null removes the window's value.
    public <A> Stream<Windowed<K>, A> aggregate(String name, Serde<A> aggregateSerde, Supplier<A> initial,
            KeyedStream.Aggregator<? super K, ? super V, A> step) {
        Objects.requireNonNull(initial, "initial");
        Objects.requireNonNull(step, "step");
        return folded(name, aggregateSerde, (key, value, before) ->
                step.apply(key, value, before == null ? initial.get() : before));
    }

    private <A> Stream<Windowed<K>, A> folded(String name, Serde<A> serde, Fold.Next<K, V, A> next) {
        Objects.requireNonNull(serde, "serde");
        return keyed.stateful(name, false, switch (windows) {
            case TimeWindows fixed -> new WindowFold<>(name, fixed, emitFinal, lateTopic, keyed.keySerde(), serde,
                    next);
            case SlidingWindows sliding -> new SlidingFold<>(name, sliding, emitFinal, lateTopic, keyed.keySerde(),
                    serde, next);
        });
    }
}
