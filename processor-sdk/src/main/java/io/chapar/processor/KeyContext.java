package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What a `process` step finds of one key in one call, and does about it: changes of state and timers, and outputs,
/// have effect together, with the record's position, when the call has returned, and none when it throws. Good for that
/// call alone.
public interface KeyContext<K, B> {
    K key();

    <T> @Nullable T get(ValueState<T> state);

    /// `value` null removes it.
    <T> void set(ValueState<T> state, @Nullable T value);

    <M, T> MapState.Entries<M, T> of(MapState<M, T> state);

    <T> ListState.Items<T> of(ListState<T> state);

    /// For steps that have declared it: [KeyProcess#keeping].
    <T> VersionedState.Versions<T> of(VersionedState<T> state);

    /// Milliseconds since 1970. A time that has passed is due at once, after this call. In a timer's own function it
    /// has to be later than the time that this one was set for, so that no key is at it for ever.
    void set(KeyTimer timer, long timeMs);

    void clear(KeyTimer timer);

    /// What it is set for; null when it is not.
    @Nullable Long timeOf(KeyTimer timer);

    /// For steps that have a timer in stream time. With the present record.
    long streamTimeMs();

    /// The same throughout a call.
    long wallClockMs();

    /// For the same key. With time and headers of the record, or with the time that the timer was set for.
    void emit(@Nullable B value);

    void emit(@Nullable B value, long timestampMs);
}
