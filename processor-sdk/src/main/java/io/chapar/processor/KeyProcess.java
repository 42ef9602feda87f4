package io.chapar.processor;

import io.chapar.client.UsageException;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// What a [KeyedStream#process] step does with each record, and when its timers are due. Immutable.
///
/// ```
/// KeyProcess<String, Long, String> idle = KeyProcess.<String, Long, String>of((record, context) -> {
///     context.set(LAST, record.value());
///     context.set(IDLE, record.timestampMs() + 60_000);
/// }).on(IDLE, (timeMs, context) -> context.emit("last was " + context.get(LAST)));
/// ```
public final class KeyProcess<K, V, B> {
    @FunctionalInterface
    public interface OnRecord<K, V, B> {
        /// The record has a key; its value may be null.
        void on(StreamRecord<K, V> record, KeyContext<K, B> context);
    }

    @FunctionalInterface
    public interface OnTimer<K, B> {
        /// `timeMs`: what it was set for. It is not set any more.
        void on(long timeMs, KeyContext<K, B> context);
    }

    record Timed<K, B>(KeyTimer timer, OnTimer<K, B> step) {
    }

    private final OnRecord<K, V, B> onRecord;
    private final Map<String, Timed<K, B>> timers;
    private final Map<String, VersionedState<?>> versioned;

    private KeyProcess(OnRecord<K, V, B> onRecord, Map<String, Timed<K, B>> timers,
            Map<String, VersionedState<?>> versioned) {
        this.onRecord = onRecord;
        this.timers = timers;
        this.versioned = versioned;
    }

    public static <K, V, B> KeyProcess<K, V, B> of(OnRecord<K, V, B> onRecord) {
        return new KeyProcess<>(Objects.requireNonNull(onRecord, "onRecord"), Map.of(), Map.of());
    }

    /// [UsageException] when there is one of this name.
    public KeyProcess<K, V, B> on(KeyTimer timer, OnTimer<K, B> step) {
        TreeMap<String, Timed<K, B>> more = new TreeMap<>(timers);
        if (more.put(timer.name(), new Timed<>(timer, Objects.requireNonNull(step, "step"))) != null) {
            throw new UsageException("Two timers of a step have the name '" + timer.name() + "'");
        }
        return new KeyProcess<>(onRecord, Collections.unmodifiableMap(more), versioned);
    }

    /// How far back its history goes hangs on all keys: a step with such state works on one record at a time.
    /// [UsageException] when there is one of this name.
    public KeyProcess<K, V, B> keeping(VersionedState<?> state) {
        TreeMap<String, VersionedState<?>> more = new TreeMap<>(versioned);
        if (more.put(state.name(), state) != null) {
            throw new UsageException("Two versioned states of a step have the name '" + state.name() + "'");
        }
        return new KeyProcess<>(onRecord, timers, Collections.unmodifiableMap(more));
    }

    OnRecord<K, V, B> onRecord() {
        return onRecord;
    }

    /// By name.
    Map<String, Timed<K, B>> timers() {
        return timers;
    }

    /// By name.
    Map<String, VersionedState<?>> versioned() {
        return versioned;
    }
}
