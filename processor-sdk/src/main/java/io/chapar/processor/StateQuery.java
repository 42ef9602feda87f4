package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serde;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/// Asks what the stateful steps of an application know, as of the last commit, from any thread: [ProcessorApp#query],
/// [TestDriver#query]. An instance answers for the partitions that it has and that are restored ([#partitions]); the
/// others' keys are with other instances. What is told of one key is of one moment; several keys are told of one after
/// the other.
///
/// In `EXACTLY_ONCE` that is what readers of committed records have seen; nothing that an abort takes back is told.
public final class StateQuery {
    /// Windows of one key are looked for one by one.
    private static final int MAX_WINDOWS = 10_000;
    /// They are looked for one by one, while the store waits.
    private static final int MAX_VERSIONS = 10_000;
    /// So many entries are taken from a store at a time.
    private static final int CHUNK = 256;

    private final SortedMap<String, Layout> layouts;
    private final StoreDirectory directory;

    StateQuery(Stages stages, StoreDirectory directory) {
        layouts = stages.layouts();
        this.directory = directory;
    }

    /// Of which something can be told here.
    public SortedSet<Integer> partitions(String step) {
        layout(step);
        return new TreeSet<>(directory.of(step).keySet());
    }

    /// What `count`, `sum`, `reduce`, `aggregate`, `table` or `versionedTable` of this name has for the key; null when
    /// it has nothing here.
    public <K, V> @Nullable V get(String step, Serde<K> keySerde, Serde<V> valueSerde, K key) {
        if (layout(step).equals(Layout.VERSIONS)) {
            Version<V> latest = version(step, keySerde, valueSerde, key, VersionRows.ofStep()::latest);
            return latest == null ? null : latest.value();
        }
        require(step, Layout.LATEST_VALUES);
        byte[] row = find(step, bytes(step, keySerde, key));
        return row == null ? null : value(step, valueSerde, row);
    }

    /// Everything that such a step has here, each partition in the order of the keys' bytes.
    public <K, V> void forEach(String step, Serde<K> keySerde, Serde<V> valueSerde,
            BiConsumer<? super K, ? super V> each) {
        require(step, Layout.LATEST_VALUES);
        directory.of(step).values().forEach(store -> forEach(store, (key, row) -> each.accept(
                Objects.requireNonNull(keySerde.deserialize(step, key), "a key"),
                Objects.requireNonNull(value(step, valueSerde, row), "a value"))));
    }

    /// What a windowed step has for the key in windows that begin from `fromMs` to `toMs`, by the start. Closed windows
    /// are not kept.
    public <K, V> NavigableMap<Long, V> windows(String step, TimeWindows windows, Serde<K> keySerde,
            Serde<V> valueSerde, K key, long fromMs, long toMs) {
        Layout layout = layout(step);
        if (!layout.equals(WindowFold.layout(windows))) {
            throw new UsageException("Step '" + step + "' has " + layout + ", not " + WindowFold.layout(windows));
        }
        long first = Math.max(0, fromMs + windows.advanceMs() - 1) / windows.advanceMs() * windows.advanceMs();
        if ((toMs - first) / windows.advanceMs() >= MAX_WINDOWS) {
            throw new UsageException("No more than " + MAX_WINDOWS + " windows can be asked for at once");
        }
        byte[] keyBytes = bytes(step, keySerde, key);
        TreeMap<Long, V> found = new TreeMap<>();
        for (long start = first; start <= toMs; start += windows.advanceMs()) {
            byte[] row = find(step, ByteBuffer.allocate(Long.BYTES + keyBytes.length).putLong(start).put(keyBytes)
                    .array());
            V value = row == null ? null : value(step, valueSerde, row);
            if (value != null) {
                found.put(start, value);
            }
        }
        return found;
    }

    /// A value of a `process` step; null when the key has none here.
    public <K, V> @Nullable V get(String step, Serde<K> keySerde, ValueState<V> state, K key) {
        require(step, Layout.STATE_AND_TIMERS);
        byte[] row = find(step, KeyRows.row('v', bytes(step, keySerde, key), state.name()));
        return row == null ? null : state.serde().deserialize(step, row);
    }

    /// What a `versionedTable` had for the key then; null when that was nothing, or is older than its history and not
    /// what the key has still.
    public <K, V> @Nullable Version<V> get(String step, Serde<K> keySerde, Serde<V> valueSerde, K key, long asOfMs) {
        require(step, Layout.VERSIONS);
        return version(step, keySerde, valueSerde, key, (bytes, rows) ->
                VersionRows.ofStep().asOf(bytes, asOfMs, rows));
    }

    /// What it had for the key from `fromMs` to `toMs`, in the order of time.
    public <K, V> List<Version<V>> versions(String step, Serde<K> keySerde, Serde<V> valueSerde, K key, long fromMs,
            long toMs) {
        require(step, Layout.VERSIONS);
        return versions(step, keySerde, valueSerde, key, VersionRows.ofStep(), fromMs, toMs);
    }

    /// As [#get(String, Serde, Serde, Object, long)], for a value of a `process` step.
    public <K, V> @Nullable Version<V> get(String step, Serde<K> keySerde, VersionedState<V> state, K key,
            long asOfMs) {
        require(step, Layout.STATE_AND_TIMERS);
        return version(step, keySerde, state.serde(), key, (bytes, rows) ->
                VersionRows.ofState(state.name()).asOf(bytes, asOfMs, rows));
    }

    /// As [#versions(String, Serde, Serde, Object, long, long)], for a value of a `process` step.
    public <K, V> List<Version<V>> versions(String step, Serde<K> keySerde, VersionedState<V> state, K key,
            long fromMs, long toMs) {
        require(step, Layout.STATE_AND_TIMERS);
        return versions(step, keySerde, state.serde(), key, VersionRows.ofState(state.name()), fromMs, toMs);
    }

    private <K, V> @Nullable Version<V> version(String step, Serde<K> keySerde, Serde<V> valueSerde, K key,
            BiFunction<byte[], Rows, VersionRows.@Nullable Found> question) {
        byte[] bytes = bytes(step, keySerde, key);
        for (Store store : directory.of(step).values()) {
            VersionRows.Found found = store.askCommitted(rows -> question.apply(bytes, rows));
            if (found != null) {
                return found.version(valueSerde, step);
            }
        }
        return null;
    }

    private <K, V> List<Version<V>> versions(String step, Serde<K> keySerde, Serde<V> valueSerde, K key,
            VersionRows versions, long fromMs, long toMs) {
        byte[] bytes = bytes(step, keySerde, key);
        for (Store store : directory.of(step).values()) {
            List<VersionRows.Found> found = store.askCommitted(rows -> {
                List<VersionRows.Found> all = versions.between(bytes, fromMs, toMs, MAX_VERSIONS, rows);
                if (all == null) {
                    throw new UsageException("The key has more than " + MAX_VERSIONS + " versions in that time, which"
                            + " is as many as can be asked for at once");
                }
                return all;
            });
            if (found != null && !found.isEmpty()) {
                return found.stream().map(version -> version.version(valueSerde, step)).toList();
            }
        }
        return List.of();
    }

    private Layout layout(String step) {
        Layout layout = layouts.get(step);
        if (layout == null) {
            throw new UsageException("No stateful step has the name '" + step + "': there are " + layouts.keySet());
        }
        return layout;
    }

    private void require(String step, Layout layout) {
        if (!layout(step).equals(layout)) {
            throw new UsageException("Step '" + step + "' has " + layout(step) + ", not " + layout);
        }
    }

    private byte @Nullable [] find(String step, byte[] key) {
        for (Store store : directory.of(step).values()) {
            byte[] row = store.committed(key);
            if (row != null) {
                return row;
            }
        }
        return null;
    }

    private static void forEach(Store store, BiConsumer<byte[], byte[]> each) {
        byte[] from = {};
        List<Map.Entry<byte[], byte[]>> chunk = new ArrayList<>();
        do {
            chunk = store.committedFrom(from, CHUNK);
            for (Map.Entry<byte[], byte[]> entry : chunk) {
                each.accept(entry.getKey(), entry.getValue());
                from = Arrays.copyOf(entry.getKey(), entry.getKey().length + 1);
            }
        } while (chunk.size() == CHUNK);
    }

    private static <K> byte[] bytes(String step, Serde<K> serde, K key) {
        return Objects.requireNonNull(serde.serialize(step, key), "a key has bytes");
    }

    private static <V> @Nullable V value(String step, Serde<V> serde, byte[] row) {
        return serde.deserialize(step, Arrays.copyOfRange(row, Long.BYTES, row.length));
    }
}
