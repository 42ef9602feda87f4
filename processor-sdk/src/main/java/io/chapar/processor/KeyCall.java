package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// One call of a [KeyProcess] function. What it hands out is worth nothing when the call has returned.
final class KeyCall<K, B> implements KeyContext<K, B> {
    private final ProcessStep<K, ?, B> step;
    private final K key;
    private final byte[] keyBytes;
    private final StepState state;
    /// Null in the call for a record.
    private final KeyRows.@Nullable Timer firing;
    private final ProcessStep.Emitted<B> out;
    private boolean ended;

    KeyCall(ProcessStep<K, ?, B> step, K key, byte[] keyBytes, StepState state, KeyRows.@Nullable Timer firing,
            ProcessStep.Emitted<B> out) {
        this.step = step;
        this.key = key;
        this.keyBytes = keyBytes;
        this.state = state;
        this.firing = firing;
        this.out = out;
    }

    void end() {
        ended = true;
    }

    private StepState state() {
        if (ended) {
            throw new IllegalStateException("A context is good for the call it was given to, which has returned");
        }
        return state;
    }

    @Override
    public K key() {
        return key;
    }

    @Override
    public <T> @Nullable T get(ValueState<T> value) {
        return value.serde().deserialize(step.name(), state().get(row('v', value.name())));
    }

    @Override
    public <T> void set(ValueState<T> value, @Nullable T now) {
        state().put(row('v', value.name()), value.serde().serialize(step.name(), now));
    }

    private byte[] row(char kind, String name) {
        return KeyRows.row(kind, keyBytes, name);
    }

    private byte[] timeRow(KeyTimer timer) {
        return KeyRows.timeRow(timer.clock(), keyBytes, timer.name());
    }

    @Override
    public <M, T> MapState.Entries<M, T> of(MapState<M, T> map) {
        byte[] prefix = row('m', map.name());
        return new MapState.Entries<>() {
            private byte[] at(M inner) {
                return KeyRows.joined(prefix, Objects.requireNonNull(map.innerSerde().serialize(step.name(), inner),
                        "an inner key has bytes"));
            }

            @Override
            public @Nullable T get(M inner) {
                return map.serde().deserialize(step.name(), state().get(at(inner)));
            }

            @Override
            public void put(M inner, @Nullable T value) {
                state().put(at(inner), map.serde().serialize(step.name(), value));
            }

            @Override
            public Map<M, T> all() {
                Map<M, T> all = new LinkedHashMap<>();
                rows(prefix).forEach((row, value) -> all.put(Objects.requireNonNull(map.innerSerde()
                        .deserialize(step.name(), Arrays.copyOfRange(row, prefix.length, row.length)), "an inner key"),
                        value(map.serde().deserialize(step.name(), value))));
                return all;
            }

            @Override
            public void clear() {
                rows(prefix).keySet().forEach(row -> state().put(row, null));
            }
        };
    }

    private Map<byte[], byte[]> rows(byte[] prefix) {
        return state().range(prefix, KeyRows.behind(prefix));
    }

    private static <T> T value(@Nullable T value) {
        return Objects.requireNonNull(value, "a value that was kept");
    }

    /// Rows are numbered upwards.
    @Override
    public <T> ListState.Items<T> of(ListState<T> list) {
        byte[] prefix = row('l', list.name());
        return new ListState.Items<>() {
            @Override
            public void add(T value) {
                byte[] bytes = Objects.requireNonNull(list.serde().serialize(step.name(), value), "a value has bytes");
                byte[] last = last();
                long next = last == null ? 0
                        : value(KeyRows.number(Arrays.copyOfRange(last, prefix.length, last.length))) + 1;
                state().put(KeyRows.joined(prefix, KeyRows.bytes(next)), bytes);
            }

            private byte @Nullable [] last() {
                Map.Entry<byte[], byte[]> last = state().last(prefix, KeyRows.behind(prefix));
                return last == null ? null : last.getKey();
            }

            @Override
            public List<T> all() {
                List<T> all = new ArrayList<>();
                rows(prefix).values().forEach(value ->
                        all.add(value(list.serde().deserialize(step.name(), value))));
                return all;
            }

            @Override
            public @Nullable T removeFirst() {
                Map.Entry<byte[], byte[]> first = state().first(prefix, KeyRows.behind(prefix));
                if (first == null) {
                    return null;
                }
                state().put(first.getKey(), null);
                return list.serde().deserialize(step.name(), first.getValue());
            }

            @Override
            public void clear() {
                rows(prefix).keySet().forEach(row -> state().put(row, null));
            }
        };
    }

    @Override
    public <T> VersionedState.Versions<T> of(VersionedState<T> versioned) {
        VersionedState<?> known = step.process().versioned().get(versioned.name());
        if (known == null || !known.history().equals(versioned.history())) {
            throw new IllegalArgumentException("Step " + step.name() + " has no versioned state " + versioned.name()
                    + " with a history of " + versioned.history() + ": declare it with keeping(state)");
        }
        VersionRows rows = VersionRows.ofState(versioned.name());
        return new VersionedState.Versions<>() {
            @Override
            public @Nullable Version<T> get() {
                return version(rows.latest(keyBytes, state()));
            }

            @Override
            public @Nullable Version<T> get(long asOfMs) {
                return version(rows.asOf(keyBytes, asOfMs, state()));
            }

            private @Nullable Version<T> version(VersionRows.@Nullable Found found) {
                return found == null ? null : found.version(versioned.serde(), step.name());
            }

            @Override
            public List<Version<T>> between(long fromMs, long toMs) {
                return value(rows.between(keyBytes, fromMs, toMs, Integer.MAX_VALUE, state())).stream()
                        .map(found -> found.version(versioned.serde(), step.name())).toList();
            }

            @Override
            public boolean put(@Nullable T value, long fromMs) {
                boolean inTime = rows.put(keyBytes, value == null ? null
                        : versioned.serde().serialize(step.name(), value), fromMs, versioned.history().toMillis(),
                        state()) != null;
                if (!inTime) {
                    state().late(VersionedTableStep.late(step.name(), fromMs, rows.horizonMs(state())), null);
                }
                return inTime;
            }
        };
    }

    @Override
    public void set(KeyTimer timer, long timeMs) {
        requireKnown(timer);
        if (timeMs < 0) {
            throw new IllegalArgumentException("Timer " + timer.name() + " cannot be set for a time before 1970");
        }
        if (firing != null && firing.clock() == timer.clock() && timeMs <= firing.timeMs()) {
            throw new IllegalArgumentException("Timer " + timer.name() + " was set for " + timeMs
                    + " by a timer that was due at " + firing.timeMs() + ": it has to be later");
        }
        clear(timer);
        state().put(timeRow(timer), KeyRows.bytes(timeMs));
        state().put(KeyRows.timer(timer.clock(), timeMs, keyBytes, timer.name()), new byte[0]);
    }

    @Override
    public void clear(KeyTimer timer) {
        Long timeMs = timeOf(timer);
        if (timeMs != null) {
            state().put(timeRow(timer), null);
            state().put(KeyRows.timer(timer.clock(), timeMs, keyBytes, timer.name()), null);
        }
    }

    @Override
    public @Nullable Long timeOf(KeyTimer timer) {
        requireKnown(timer);
        return KeyRows.number(state().get(timeRow(timer)));
    }

    private void requireKnown(KeyTimer timer) {
        KeyProcess.Timed<K, B> known = step.process().timers().get(timer.name());
        if (known == null || known.timer().clock() != timer.clock()) {
            throw new IllegalArgumentException("Step " + step.name() + " has no function for timer " + timer.name()
                    + " (" + timer.clock() + "): give it one with on(timer, function)");
        }
    }

    @Override
    public long streamTimeMs() {
        Long time = KeyRows.number(state().get(KeyRows.STREAM_TIME));
        if (time == null) {
            throw new IllegalStateException("Step " + step.name() + " keeps no stream time: it has no timer in it");
        }
        return time;
    }

    @Override
    public long wallClockMs() {
        return state().wallClockMs();
    }

    @Override
    public void emit(@Nullable B value) {
        state();
        out.accept(value, null);
    }

    @Override
    public void emit(@Nullable B value, long timestampMs) {
        state();
        out.accept(value, timestampMs);
    }
}
