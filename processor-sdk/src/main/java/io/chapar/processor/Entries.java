package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.function.BiConsumer;

import static java.util.Objects.requireNonNull;

/// Values by key (unsigned bytes), found by the keys' hashes; and, from when somebody has asked for their order, in
/// that order as well. Arrays are never changed. Calls are made one at a time.
///
/// A first entry stands alone, since what one record changes is mostly one.
final class Entries {
    private static final int FEW = 4;

    /// The only entry, while there has never been more than one; both null when there is none, or others are.
    private byte @Nullable [] onlyKey;
    private byte @Nullable [] onlyValue;
    /// Null while there has never been more than one entry.
    private @Nullable Map<Key, byte[]> byHash;
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
        Map<Key, byte[]> all = byHash;
        if (all != null) {
            return all.isEmpty() ? null : all.get(new Key(key));
        }
        return isOnly(key) ? onlyValue : null;
    }

    private boolean isOnly(byte[] key) {
        return onlyKey != null && Arrays.equals(onlyKey, key);
    }

    boolean containsKey(byte[] key) {
        return get(key) != null;
    }

    /// What the key had before; null: nothing.
    byte @Nullable [] put(byte[] key, byte[] value) {
        if (inOrder != null) {
            inOrder.put(key, value);
        }
        if (byHash == null) {
            if (onlyKey == null || isOnly(key)) {
                byte[] before = onlyValue;
                onlyKey = onlyKey == null ? key : onlyKey;
                onlyValue = value;
                return before;
            }
            byHash = new HashMap<>(FEW);
            byHash.put(new Key(onlyKey), requireNonNull(onlyValue, "an entry has a value"));
            dropOnly();
        }
        return byHash.put(new Key(key), value);
    }

    private void dropOnly() {
        onlyKey = null;
        onlyValue = null;
    }

    /// As [#put].
    byte @Nullable [] remove(byte[] key) {
        if (inOrder != null) {
            inOrder.remove(key);
        }
        if (byHash != null) {
            return byHash.isEmpty() ? null : byHash.remove(new Key(key));
        }
        byte[] before = isOnly(key) ? onlyValue : null;
        if (before != null) {
            dropOnly();
        }
        return before;
    }

    int size() {
        return byHash != null ? byHash.size() : onlyKey != null ? 1 : 0;
    }

    boolean isEmpty() {
        return byHash != null ? byHash.isEmpty() : onlyKey == null;
    }

    void clear() {
        dropOnly();
        if (byHash != null) {
            byHash.clear();
        }
        if (inOrder != null) {
            inOrder.clear();
        }
    }

    /// In an order that means nothing, and is the same whenever the same was done before. Nothing is to be changed here
    /// meanwhile.
    void forEach(BiConsumer<byte[], byte[]> each) {
        if (byHash != null) {
            byHash.forEach((key, value) -> each.accept(key.bytes, value));
        } else if (onlyKey != null) {
            each.accept(onlyKey, requireNonNull(onlyValue, "an entry has a value"));
        }
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
