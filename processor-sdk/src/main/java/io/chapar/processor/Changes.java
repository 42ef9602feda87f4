package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// What one attempt at one record has changed in the state of its partition; nobody else sees it before the attempt
/// has succeeded.
final class Changes {
    interface Each {
        void change(String step, byte[] key, byte @Nullable [] value);
    }

    /// `topic` null: nobody gets it.
    record Late(String why, @Nullable String topic) {
    }

    private final TaskState below;
    private final List<Late> late = new ArrayList<>();
    private final TreeMap<String, SortedMap<byte[], byte @Nullable []>> changed = new TreeMap<>();
    private long bytes;

    Changes(TaskState below) {
        this.below = below;
    }

    byte @Nullable [] get(String step, byte[] key) {
        SortedMap<byte[], byte @Nullable []> own = changed.get(step);
        return own != null && own.containsKey(key) ? own.get(key) : below.get(step, key);
    }

    /// `value` null removes the key. [StateFullException] when there is no room.
    void put(String step, byte[] key, byte @Nullable [] value) {
        if (value != null) {
            bytes += StateBudget.sizeOf(key, value);
            below.budget().require(bytes);
        }
        changed.computeIfAbsent(step, name -> Store.entries()).put(key, value);
    }

    /// What `step` finds and changes.
    StepState of(String step) {
        return new StepState() {
            @Override
            public byte @Nullable [] get(byte[] key) {
                return Changes.this.get(step, key);
            }

            @Override
            public void put(byte[] key, byte @Nullable [] value) {
                Changes.this.put(step, key, value);
            }

            @Override
            public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
                SortedMap<byte[], byte[]> found = below.range(step, from, to);
                Store.overlay(found, changed.getOrDefault(step, Store.entries()).subMap(from, to));
                return found;
            }

            @Override
            public void late(String why, @Nullable String topic) {
                late.add(new Late(why, topic));
            }
        };
    }

    /// The steps for which the record came too late.
    List<Late> late() {
        return late;
    }

    /// In the order of steps and keys.
    void forEach(Each each) {
        changed.forEach((step, entries) -> entries.forEach((key, value) -> each.change(step, key, value)));
    }
}
