package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/// [GlobalRows] in memory, at most so many bytes of keys and values. Changed by one thread.
final class GlobalMemory implements GlobalRows {
    /// What an entry takes beside them, about.
    private static final int OVERHEAD = 128;

    private final Map<String, Map<ByteBuffer, byte[]>> tables = new TreeMap<>();
    private final long maxBytes;
    private volatile long bytes;

    GlobalMemory(Set<String> topics, long maxBytes) {
        this.maxBytes = maxBytes;
        topics.forEach(topic -> tables.put(topic, new ConcurrentHashMap<>()));
    }

    @Override
    public byte @Nullable [] get(String topic, byte[] key) {
        return table(topic).get(ByteBuffer.wrap(key));
    }

    private Map<ByteBuffer, byte[]> table(String topic) {
        Map<ByteBuffer, byte[]> table = tables.get(topic);
        if (table == null) {
            throw new IllegalStateException("There is no global table of " + topic);
        }
        return table;
    }

    /// `value` null: the key has nothing any more. [StateFullException] when there is no room for it.
    void put(String topic, byte[] key, byte @Nullable [] value) {
        Map<ByteBuffer, byte[]> table = table(topic);
        byte[] before = table.get(ByteBuffer.wrap(key));
        long now = bytes + size(key, value) - size(key, before);
        if (value != null && now > maxBytes) {
            throw new StateFullException("The global table of " + topic + " does not fit into maxStateBytes ("
                    + maxBytes + "), which its keys and values have beside the other stores: give it more");
        }
        if (value == null) {
            table.remove(ByteBuffer.wrap(key));
        } else {
            table.put(ByteBuffer.wrap(key), value);
        }
        bytes = now;
    }

    /// Nothing is in it any more.
    void clear(String topic) {
        Map<ByteBuffer, byte[]> table = table(topic);
        List.copyOf(table.keySet()).forEach(key -> put(topic, array(key), null));
    }

    private static byte[] array(ByteBuffer key) {
        byte[] bytes = new byte[key.remaining()];
        key.get(key.position(), bytes);
        return bytes;
    }

    private static long size(byte[] key, byte @Nullable [] value) {
        return value == null ? 0 : OVERHEAD + (long) key.length + value.length;
    }

    long usedBytes() {
        return bytes;
    }
}
