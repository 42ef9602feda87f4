package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;
import java.util.TreeMap;

/// The values of one stateful step in one partition, by key, as the latest record has left them; and of each key that
/// has changed since the last commit, what it was then. A commit that is known forgets that, anything else puts it
/// back. Arrays are never changed. Changed by one thread; read by functions and questions on others too.
final class Store implements Rows {
    private final StateBudget budget;
    private final NavigableMap<byte[], byte[]> current = entries();
    /// Null values: the key was not there.
    private final NavigableMap<byte[], byte @Nullable []> before = entries();

    Store(StateBudget budget) {
        this.budget = budget;
    }

    static <V> NavigableMap<byte[], V> entries() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    @Override
    public synchronized byte @Nullable [] get(byte[] key) {
        return current.get(key);
    }

    @Override
    public synchronized Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> next = current.ceilingEntry(from);
        return next != null && Arrays.compareUnsigned(next.getKey(), to) < 0 ? next : null;
    }

    @Override
    public synchronized Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> next = current.lowerEntry(to);
        return next != null && Arrays.compareUnsigned(next.getKey(), from) >= 0 ? next : null;
    }

    /// As of the last commit.
    synchronized byte @Nullable [] committed(byte[] key) {
        return before.containsKey(key) ? before.get(key) : current.get(key);
    }

    /// As of the last commit, up to so many entries from `from` on.
    synchronized List<Map.Entry<byte[], byte[]>> committedFrom(byte[] from, int atMost) {
        List<Map.Entry<byte[], byte[]>> found = new ArrayList<>();
        byte[] at = from;
        for (byte[] key = nextKey(at); key != null && found.size() < atMost; key = nextKey(at)) {
            byte[] value = committed(key);
            if (value != null) {
                found.add(Map.entry(key, value));
            }
            at = Arrays.copyOf(key, key.length + 1);
        }
        return found;
    }

    /// Of what is there now, or was at the last commit.
    private byte @Nullable [] nextKey(byte[] from) {
        byte[] now = current.ceilingKey(from);
        byte[] then = before.ceilingKey(from);
        return now == null || (then != null && Arrays.compareUnsigned(then, now) < 0) ? then : now;
    }

    /// A copy of the entries from `from` on and before `to`.
    synchronized NavigableMap<byte[], byte[]> range(byte[] from, byte[] to) {
        NavigableMap<byte[], byte[]> found = entries();
        found.putAll(current.subMap(from, to));
        return found;
    }

    /// Null values: removed.
    static void overlay(SortedMap<byte[], byte[]> entries, SortedMap<byte[], byte @Nullable []> changes) {
        changes.forEach((key, value) -> {
            if (value == null) {
                entries.remove(key);
            } else {
                entries.put(key, value);
            }
        });
    }

    /// `value` null removes the key.
    synchronized void put(byte[] key, byte @Nullable [] value) {
        byte[] old = set(key, value);
        if (before.containsKey(key)) {
            free(key, old);
        } else {
            before.put(key, old);
        }
        take(key, value);
    }

    synchronized void commit() {
        before.forEach(this::free);
        before.clear();
    }

    synchronized void rollback() {
        before.forEach((key, old) -> free(key, set(key, old)));
        before.clear();
    }

    /// From the changelog, in its order.
    synchronized void restore(byte[] key, byte @Nullable [] value) {
        budget.require(value == null ? 0 : StateBudget.sizeOf(key, value));
        free(key, set(key, value));
        take(key, value);
    }

    synchronized void clear() {
        commit();
        current.forEach(this::free);
        current.clear();
    }

    /// As the latest record has left them.
    Map<byte[], byte[]> entriesNow() {
        return current;
    }

    private byte @Nullable [] set(byte[] key, byte @Nullable [] value) {
        return value == null ? current.remove(key) : current.put(key, value);
    }

    private void take(byte[] key, byte @Nullable [] value) {
        if (value != null) {
            budget.take(StateBudget.sizeOf(key, value));
        }
    }

    private void free(byte[] key, byte @Nullable [] value) {
        if (value != null) {
            budget.giveBack(StateBudget.sizeOf(key, value));
        }
    }
}
