package io.chapar.processor;

import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/// A [KeyProcess] under the name of its step. Stream time is an entry of its state, as with windows, if it has timers
/// in stream time. Records without a key are passed over.
record ProcessStep<K, V, B>(String name, Serde<K> keySerde, KeyProcess<K, V, B> process)
        implements TimedStep<K, V, K, B> {
    private static final long NONE = -1;

    @Override
    public Layout layout() {
        return Layout.STATE_AND_TIMERS;
    }

    @Override
    public boolean keysAreIndependent() {
        return !hasTimers() && process.versioned().isEmpty();
    }

    @Override
    public void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<K, B>> out) {
        K key = record.key();
        if (key == null) {
            state.passedOver();
            return;
        }
        if (hasTimers(KeyTimer.Clock.STREAM_TIME)) {
            Long before = KeyRows.number(state.get(KeyRows.STREAM_TIME));
            if (record.timestampMs() > (before == null ? NONE : before)) {
                state.put(KeyRows.STREAM_TIME, KeyRows.bytes(record.timestampMs()));
            }
        }
        KeyCall<K, B> call = new KeyCall<>(this, key,
                Objects.requireNonNull(keySerde.serialize(name, key), "a key has bytes"), state, null,
                (value, timeMs) -> out.accept(record.with(key, value)
                        .withTimestampMs(timeMs == null ? record.timestampMs() : timeMs)));
        try {
            process.onRecord().on(record, call);
        } finally {
            call.end();
        }
    }

    @Override
    public boolean hasTimers() {
        return !process.timers().isEmpty();
    }

    private boolean hasTimers(KeyTimer.Clock clock) {
        return process.timers().values().stream().anyMatch(timed -> timed.timer().clock() == clock);
    }

    /// A timer that the step of today does not know any more comes to nothing.
    @Override
    public void fire(byte[] row, StreamRecord.Origin origin, StepState state, Consumer<StreamRecord<K, B>> out) {
        if (state.get(row) == null) {
            return;
        }
        discard(row, state);
        KeyRows.Timer due = KeyRows.Timer.of(row);
        KeyProcess.Timed<K, B> timed = process.timers().get(due.name());
        if (timed == null || timed.timer().clock() != due.clock()) {
            return;
        }
        K key = Objects.requireNonNull(keySerde.deserialize(name, due.key()), "a key");
        KeyCall<K, B> call = new KeyCall<>(this, key, due.key(), state, due, (value, timeMs) -> out.accept(
                new StreamRecord<>(key, value, timeMs == null ? due.timeMs() : timeMs, List.of(), origin)));
        try {
            timed.step().on(due.timeMs(), call);
        } finally {
            call.end();
        }
    }

    /// Hands a value on; `timeMs` null: with the time of what caused it.
    interface Emitted<B> {
        void accept(@Nullable B value, @Nullable Long timeMs);
    }
}
