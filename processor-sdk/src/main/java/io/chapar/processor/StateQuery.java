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

/// Asks what the stateful steps of an application know, as of the last commit, from any thread: [ProcessorApp#query],
/// [TestDriver#query]. An instance answers for the partitions that it has and that are restored ([#partitions]); the
/// others' keys are with other instances. What is told of one key is of one moment; several keys are told of one after
/// the other.
///
/// In `EXACTLY_ONCE` that is what readers of committed records have seen; nothing that an abort takes back is told.
public final class StateQuery {
    /// Windows of one key are looked for one by one.
    private static final int MAX_WINDOWS = 10_000;
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

    /// What `count`, `sum`, `reduce`, `aggregate` or `table` of this name has for the key; null when it has nothing
    /// here.
    public <K, V> @Nullable V get(String step, Serde<K> keySerde, Serde<V> valueSerde, K key) {
        requireLatest(step);
        byte[] row = find(step, bytes(step, keySerde, key));
        return row == null ? null : value(step, valueSerde, row);
    }

    /// Everything that such a step has here, each partition in the order of the keys' bytes.
    public <K, V> void forEach(String step, Serde<K> keySerde, Serde<V> valueSerde,
            BiConsumer<? super K, ? super V> each) {
        requireLatest(step);
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
        if (!layout(step).equals(Layout.STATE_AND_TIMERS)) {
            throw new UsageException("Step '" + step + "' has " + layout(step) + ", no state of functions");
        }
        byte[] row = find(step, KeyRows.row('v', bytes(step, keySerde, key), state.name()));
        return row == null ? null : state.serde().deserialize(step, row);
    }

    private Layout layout(String step) {
        Layout layout = layouts.get(step);
        if (layout == null) {
            throw new UsageException("No stateful step has the name '" + step + "': there are " + layouts.keySet());
        }
        return layout;
    }

    private void requireLatest(String step) {
        if (!layout(step).equals(Layout.LATEST_VALUES)) {
            throw new UsageException("Step '" + step + "' has " + layout(step) + ", not " + Layout.LATEST_VALUES);
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
