package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedMap;

/// Rows as changes leave them that have not been made there yet.
final class Overlay implements Rows {
    private static final NavigableMap<byte[], byte[]> NOTHING = Collections.unmodifiableNavigableMap(Store.entries());

    private final Rows below;
    private final Entries put = new Entries();
    /// To each removed key one behind it, up to which nothing below is left as it was: many removed ones in a row, as
    /// timers and windows leave them, are passed in one step.
    private NavigableMap<byte[], byte[]> removed = NOTHING;
    private long bytes;

    Overlay(Rows below) {
        this.below = below;
    }

    /// Null values: removed.
    interface Each {
        void change(byte[] key, byte @Nullable [] value);
    }

    /// `value` null removes the key.
    void put(byte[] key, byte @Nullable [] value) {
        byte[] old = value == null ? put.remove(key) : put.put(key, value);
        boolean wasRemoved = old == null && isRemoved(key);
        bytes -= old != null ? StateBudget.sizeOf(key, old) : wasRemoved ? StateBudget.sizeOf(key) : 0;
        if (value == null) {
            if (removed.isEmpty()) {
                removed = Store.entries();
            }
            removed.putIfAbsent(key, behind(key));
            bytes += StateBudget.sizeOf(key);
        } else {
            if (wasRemoved) {
                removed.remove(key);
            }
            bytes += StateBudget.sizeOf(key, value);
        }
    }

    boolean isEmpty() {
        return put.isEmpty() && removed.isEmpty();
    }

    /// What the changes take of memory.
    long bytes() {
        return bytes;
    }

    void clear() {
        put.clear();
        removed = NOTHING;
        bytes = 0;
    }

    /// In an order that means nothing. Nothing is to be changed here meanwhile.
    void forEach(Each each) {
        if (removed.isEmpty()) {
            put.forEach(each::change);
        } else {
            all().forEach(each::change);
        }
    }

    /// As [#forEach], in the order of keys.
    void inOrder(Each each) {
        if (removed.isEmpty() && put.size() == 1) {
            put.forEach(each::change);
        } else if (!isEmpty()) {
            all().forEach(each::change);
        }
    }

    /// A copy. Null values: removed.
    NavigableMap<byte[], byte @Nullable []> all() {
        NavigableMap<byte[], byte @Nullable []> all = Store.entries();
        put.forEach(all::put);
        removed.keySet().forEach(key -> all.put(key, null));
        return all;
    }

    private boolean isRemoved(byte[] key) {
        return !removed.isEmpty() && removed.containsKey(key);
    }

    private boolean isChanged(byte[] key) {
        return put.containsKey(key) || isRemoved(key);
    }

    @Override
    public byte @Nullable [] get(byte[] key) {
        byte[] own = put.get(key);
        return own != null || isRemoved(key) ? own : below.get(key);
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> own = put.inOrder().ceilingEntry(from);
        if (own != null && Arrays.compareUnsigned(own.getKey(), to) >= 0) {
            own = null;
        }
        Map.Entry<byte[], byte[]> other = firstBelow(from, own == null ? to : own.getKey());
        return other != null ? other : own;
    }

    private Map.@Nullable Entry<byte[], byte[]> firstBelow(byte[] from, byte[] to) {
        byte[] gap = null;
        Map.Entry<byte[], byte[]> next = below.first(from, to);
        while (next != null && isChanged(next.getKey())) {
            byte[] key = next.getKey();
            gap = gap == null && removed.containsKey(key) ? key : gap;
            byte[] behind = removed.getOrDefault(key, behind(key));
            next = Arrays.compareUnsigned(behind, to) < 0 ? below.first(behind, to) : null;
        }
        if (gap != null) {
            byte[] end = next == null ? to : next.getKey();
            removed.merge(gap, end, (before, now) -> Arrays.compareUnsigned(before, now) < 0 ? now : before);
        }
        return next;
    }

    @Override
    public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
        Map.Entry<byte[], byte[]> own = put.inOrder().lowerEntry(to);
        if (own != null && Arrays.compareUnsigned(own.getKey(), from) < 0) {
            own = null;
        }
        byte[] start = own == null ? from : own.getKey();
        Map.Entry<byte[], byte[]> next = below.last(start, to);
        while (next != null && isChanged(next.getKey())) {
            next = below.last(start, next.getKey());
        }
        return next != null ? next : own;
    }

    @Override
    public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
        SortedMap<byte[], byte[]> found = below.range(from, to);
        removed.subMap(from, to).keySet().forEach(found::remove);
        found.putAll(put.inOrder().subMap(from, to));
        return found;
    }

    /// The first key behind this one.
    static byte[] behind(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }
}
