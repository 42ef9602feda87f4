package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// Records of one key (of equal bytes) one after the other, in the order read; of different keys, and without a key, at
/// the same time.
final class ByKey implements Schedule {
    private final TreeMap<Long, Ticket> waiting = new TreeMap<>();
    /// Of [#waiting], those that nothing of their key is before.
    private final TreeMap<Long, Ticket> ready = new TreeMap<>();
    /// What waits of each key behind the record that is ready or being worked on; there is an entry as long as one is.
    /// Looked up, never iterated.
    private final Map<ByteBuffer, ArrayDeque<Ticket>> behind = new HashMap<>();

    private static @Nullable ByteBuffer key(Ticket ticket) {
        byte[] key = ticket.record().key();
        return key == null ? null : ByteBuffer.wrap(key);
    }

    @Override
    public void add(Ticket ticket) {
        waiting.put(ticket.record().offset(), ticket);
        ByteBuffer key = key(ticket);
        ArrayDeque<Ticket> queue = key == null ? null : behind.get(key);
        if (queue != null) {
            queue.addLast(ticket);
        } else {
            ready.put(ticket.record().offset(), ticket);
            if (key != null) {
                behind.put(key, new ArrayDeque<>(0));
            }
        }
    }

    @Override
    public @Nullable Ticket take(long below) {
        if (!mayTake(below)) {
            return null;
        }
        Map.Entry<Long, Ticket> first = ready.pollFirstEntry();
        waiting.remove(first.getKey());
        return first.getValue();
    }

    @Override
    public boolean mayTake(long below) {
        return !ready.isEmpty() && ready.firstKey() < below;
    }

    @Override
    public @Nullable Ticket peek() {
        return waiting.isEmpty() ? null : waiting.firstEntry().getValue();
    }

    @Override
    public void finished(Ticket ticket) {
        ByteBuffer key = key(ticket);
        ArrayDeque<Ticket> queue = key == null ? null : behind.get(key);
        if (key == null || queue == null) {
            return;
        }
        Ticket next = queue.pollFirst();
        if (next == null) {
            behind.remove(key);
        } else {
            ready.put(next.record().offset(), next);
        }
    }

    @Override
    public boolean isEmpty() {
        return waiting.isEmpty();
    }

    @Override
    public void dropFrom(long from) {
        Map<Long, Ticket> dropped = waiting.tailMap(from);
        for (Ticket ticket : dropped.values()) {
            ByteBuffer key = key(ticket);
            if (ready.remove(ticket.record().offset()) != null) {
                if (key != null) {
                    // What is behind it goes as well.
                    behind.remove(key);
                }
            } else if (key != null) {
                behind.getOrDefault(key, new ArrayDeque<>(0)).remove(ticket);
            }
        }
        dropped.clear();
    }
}
