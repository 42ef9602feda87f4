package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.BiConsumer;

/// Values by key (unsigned bytes), found by the keys' hashes; and, from when somebody has asked for their order, in
/// that order as well. Arrays are never changed. Calls are made one at a time.
final class Entries {
    private static final int FEW = 4;

    private final Map<Key, byte[]> byHash = new HashMap<>(FEW);
    /// The same entries; null while nobody has asked for it.
    private @Nullable NavigableMap<byte[], byte[]> inOrder;

    /// In an order, so that keys which have been made to have one hash do not make a list of a bucket.
    private static final class Key implements Comparable<Key> {
        private final byte[] bytes;
        private final int hash;

        Key(byte[] bytes) {
            this.bytes = bytes;
            hash = Arrays.hashCode(bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Key key && Arrays.equals(bytes, key.bytes);
        }

        @Override
        public int compareTo(Key other) {
            return Arrays.compareUnsigned(bytes, other.bytes);
        }
    }

    byte @Nullable [] get(byte[] key) {
        return byHash.isEmpty() ? null : byHash.get(new Key(key));
    }

    boolean containsKey(byte[] key) {
        return get(key) != null;
    }

    /// What the key had before; null: nothing.
    byte @Nullable [] put(byte[] key, byte[] value) {
        if (inOrder != null) {
            inOrder.put(key, value);
        }
        return byHash.put(new Key(key), value);
    }

    /// As [#put].
    byte @Nullable [] remove(byte[] key) {
        if (inOrder != null) {
            inOrder.remove(key);
        }
        return byHash.isEmpty() ? null : byHash.remove(new Key(key));
    }

    int size() {
        return byHash.size();
    }

    boolean isEmpty() {
        return byHash.isEmpty();
    }

    void clear() {
        byHash.clear();
        if (inOrder != null) {
            inOrder.clear();
        }
    }

    /// In an order that means nothing, and is the same whenever the same was done before. Nothing is to be changed here
    /// meanwhile.
    void forEach(BiConsumer<byte[], byte[]> each) {
        byHash.forEach((key, value) -> each.accept(key.bytes, value));
    }

    /// A view, to be read alone. From now on the order is kept.
    NavigableMap<byte[], byte[]> inOrder() {
        NavigableMap<byte[], byte[]> order = inOrder;
        if (order == null) {
            order = Store.entries();
            forEach(order::put);
            inOrder = order;
        }
        return order;
    }
}
