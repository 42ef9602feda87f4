package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The values of one stateful step in one partition, by key: those that are committed, and over them those that are not
/// yet. A commit that is known moves these down, anything else drops them. Arrays are never changed.
final class Store {
    private final StateBudget budget;
    private final SortedMap<byte[], byte[]> committed = entries();
    /// Null values: removed.
    private final SortedMap<byte[], byte @Nullable []> overlay = entries();

    Store(StateBudget budget) {
        this.budget = budget;
    }

    static <V> SortedMap<byte[], V> entries() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    byte @Nullable [] get(byte[] key) {
        return overlay.containsKey(key) ? overlay.get(key) : committed.get(key);
    }

    /// A copy of the entries from `from` on and before `to`.
    SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
        SortedMap<byte[], byte[]> found = entries();
        found.putAll(committed.subMap(from, to));
        overlay(found, overlay.subMap(from, to));
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
    void put(byte[] key, byte @Nullable [] value) {
        free(key, overlay.get(key));
        overlay.put(key, value);
        take(key, value);
    }

    void commit() {
        overlay.forEach((key, value) -> {
            byte[] before = value == null ? committed.remove(key) : committed.put(key, value);
            free(key, before);
        });
        overlay.clear();
    }

    void rollback() {
        overlay.forEach(this::free);
        overlay.clear();
    }

    /// From the changelog, in its order.
    void restore(byte[] key, byte @Nullable [] value) {
        budget.require(value == null ? 0 : StateBudget.sizeOf(key, value));
        free(key, value == null ? committed.remove(key) : committed.put(key, value));
        take(key, value);
    }

    void clear() {
        rollback();
        committed.forEach(this::free);
        committed.clear();
    }

    Map<byte[], byte[]> committed() {
        return committed;
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
