package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.function.BiConsumer;

/// In memory: gone with the process, read from the changelog by the next one.
final class MemoryRows implements CommittedRows {
    private final StateBudget budget;
    private final Entries rows = new Entries();
    private @Nullable Standing standing;

    MemoryRows(StateBudget budget) {
        this.budget = budget;
    }

    @Override
    public void open() {
        // It is there.
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        return rows.get(key);
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> next = rows.inOrder().ceilingEntry(from);
        return next != null && Arrays.compareUnsigned(next.getKey(), to) < 0 ? next : null;
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> next = rows.inOrder().lowerEntry(to);
        return next != null && Arrays.compareUnsigned(next.getKey(), from) >= 0 ? next : null;
    }

    @Override
    public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
        NavigableMap<byte[], byte[]> found = Store.entries();
        found.putAll(rows.inOrder().subMap(from, to));
        return found;
    }

    @Override
    public void from(byte[] from, int atMost, BiConsumer<byte[], byte[]> each) {
        int given = 0;
        for (Map.Entry<byte[], byte[]> row : rows.inOrder().tailMap(from, true).entrySet()) {
            if (given++ == atMost) {
                return;
            }
            each.accept(row.getKey(), row.getValue());
        }
    }

    @Override
    public void commit(Overlay changes, @Nullable Standing now) {
        changes.forEach((key, value) -> {
            byte[] old = value == null ? rows.remove(key) : rows.put(key, value);
            budget.take((value == null ? 0 : StateBudget.sizeOf(key, value))
                    - (old == null ? 0 : StateBudget.sizeOf(key, old)));
        });
        standing = now;
    }

    @Override
    public @Nullable Standing standing() {
        return standing;
    }

    @Override
    public void clear() {
        rows.forEach((key, value) -> budget.giveBack(StateBudget.sizeOf(key, value)));
        rows.clear();
        standing = null;
    }

    @Override
    public void close() {
        clear();
    }
}
