package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/// Records of one key and session together. Immutable. The stream that comes out has each new value of a key in a
/// session, with the session's end as its time, and null for a session that has become part of another; with
/// [#emitFinal] the last value alone, when the session closes.
///
/// A record that no open session takes is late: it changes nothing, and is counted in [ProcessorStatus#lateRecords].
public final class SessionStream<K, V> {
    /// What two sessions of a key come to that have become one; the earlier one comes first.
    @FunctionalInterface
    public interface Merger<K, A> {
        A apply(K key, A earlier, A later);
    }

    private final KeyedStream<K, V> keyed;
    private final SessionWindows windows;
    private final boolean emitFinal;
    private final @Nullable String lateTopic;

    SessionStream(KeyedStream<K, V> keyed, SessionWindows windows, boolean emitFinal, @Nullable String lateTopic) {
        this.keyed = keyed;
        this.windows = windows;
        this.emitFinal = emitFinal;
        this.lateTopic = lateTopic;
    }

    /// As [WindowedStream#emitFinal].
    public SessionStream<K, V> emitFinal() {
        return new SessionStream<>(keyed, windows, true, lateTopic);
    }

    /// As [WindowedStream#lateTo].
    public SessionStream<K, V> lateTo(String topic) {
        Topology.requireTopic(topic);
        return new SessionStream<>(keyed, windows, emitFinal, topic);
    }

    public Stream<Windowed<K>, Long> count(String name) {
        return aggregate(name, Serdes.int64(), () -> 0L, (key, value, count) -> count + 1,
                (key, one, other) -> one + other);
    }

    public Stream<Windowed<K>, Long> sum(String name, ToLongFunction<? super V> amount) {
        Objects.requireNonNull(amount, "amount");
        return aggregate(name, Serdes.int64(), () -> 0L,
                (key, value, sum) -> Math.addExact(sum, amount.applyAsLong(value)),
                (key, one, other) -> Math.addExact(one, other));
    }

    /// The first record's value, then what `step` makes of the last result and the next value, or of two sessions.
    public Stream<Windowed<K>, V> reduce(String name, Serde<V> valueSerde, BinaryOperator<V> step) {
        Objects.requireNonNull(step, "step");
        return folded(name, valueSerde, (key, value, before) -> before == null ? value : step.apply(before, value),
                (key, before, session) -> before == null ? session : step.apply(before, session));
    }

    /// Begins with `initial` for each key and session, to which sessions that become one are merged in turn; null
    /// removes the session's value.
    public <A> Stream<Windowed<K>, A> aggregate(String name, Serde<A> aggregateSerde, Supplier<A> initial,
            KeyedStream.Aggregator<? super K, ? super V, A> step, Merger<? super K, A> merger) {
        Objects.requireNonNull(initial, "initial");
        Objects.requireNonNull(step, "step");
        Objects.requireNonNull(merger, "merger");
        return folded(name, aggregateSerde,
                (key, value, before) -> step.apply(key, value, before == null ? initial.get() : before),
                (key, before, session) -> merger.apply(key, before == null ? initial.get() : before, session));
    }

    private <A> Stream<Windowed<K>, A> folded(String name, Serde<A> serde, Fold.Next<K, V, A> next,
            SessionFold.Merge<K, A> merge) {
        return keyed.stateful(name, false, new SessionFold<>(name, windows, emitFinal, lateTopic, keyed.keySerde(),
                Objects.requireNonNull(serde, "serde"), next, merge));
    }
}
