package io.chapar.processor;

import io.chapar.processor.jdbc.Row;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
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
    private final long wallClockMs;
    private final List<Late> late = new ArrayList<>();
    private final TreeMap<String, NavigableMap<byte[], byte @Nullable []>> changed = new TreeMap<>();
    private final List<Row> rows = new ArrayList<>();
    private long bytes;
    private boolean passedOver;

    /// `wallClockMs`: when the attempt was made.
    Changes(TaskState below, long wallClockMs) {
        this.below = below;
        this.wallClockMs = wallClockMs;
    }

    long wallClockMs() {
        return wallClockMs;
    }

    /// `value` null removes the key. [StateFullException] when there is no room.
    private void put(String step, byte[] key, byte @Nullable [] value) {
        if (value != null) {
            bytes += StateBudget.sizeOf(key, value);
            below.budget().require(bytes);
        }
        changed.computeIfAbsent(step, name -> Store.entries()).put(key, value);
    }

    private NavigableMap<byte[], byte @Nullable []> of(String step, byte[] from, byte[] to) {
        return changed.getOrDefault(step, Store.entries()).subMap(from, true, to, false);
    }

    private static Map.@Nullable Entry<byte[], byte[]> firstKept(SortedMap<byte[], byte @Nullable []> changes) {
        for (Map.Entry<byte[], byte @Nullable []> one : changes.entrySet()) {
            byte[] value = one.getValue();
            if (value != null) {
                return Map.entry(one.getKey(), value);
            }
        }
        return null;
    }

    /// What `step` finds and changes.
    StepState of(String step) {
        return new StepState() {
            @Override
            public byte @Nullable [] get(byte[] key) {
                SortedMap<byte[], byte @Nullable []> own = changed.get(step);
                return own != null && own.containsKey(key) ? own.get(key) : below.rows(step).get(key);
            }

            @Override
            public void put(byte[] key, byte @Nullable [] value) {
                Changes.this.put(step, key, value);
            }

            @Override
            public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
                SortedMap<byte[], byte[]> found = below.range(step, from, to);
                Store.overlay(found, Changes.this.of(step, from, to));
                return found;
            }

            @Override
            public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
                NavigableMap<byte[], byte @Nullable []> own = Changes.this.of(step, from, to);
                Map.Entry<byte[], byte[]> next = below.rows(step).first(from, to);
                while (next != null && own.containsKey(next.getKey())) {
                    byte[] behind = Arrays.copyOf(next.getKey(), next.getKey().length + 1);
                    next = below.rows(step).first(behind, to);
                }
                Map.Entry<byte[], byte[]> ofOwn = firstKept(own);
                return ofOwn == null || (next != null && Arrays.compareUnsigned(next.getKey(), ofOwn.getKey()) < 0)
                        ? next : ofOwn;
            }

            @Override
            public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
                NavigableMap<byte[], byte @Nullable []> own = Changes.this.of(step, from, to);
                Map.Entry<byte[], byte[]> next = below.rows(step).last(from, to);
                while (next != null && own.containsKey(next.getKey())) {
                    next = below.rows(step).last(from, next.getKey());
                }
                Map.Entry<byte[], byte[]> ofOwn = firstKept(own.descendingMap());
                return ofOwn == null || (next != null && Arrays.compareUnsigned(next.getKey(), ofOwn.getKey()) > 0)
                        ? next : ofOwn;
            }

            @Override
            public void late(String why, @Nullable String topic) {
                late.add(new Late(why, topic));
            }

            @Override
            public void passedOver() {
                passOver();
            }

            @Override
            public long wallClockMs() {
                return wallClockMs;
            }
        };
    }

    /// The steps for which the record came too late.
    List<Late> late() {
        return late;
    }

    /// Some step can do nothing with the record.
    void passOver() {
        passedOver = true;
    }

    /// Whether some step could do nothing with the record, for want of a key or a value.
    boolean wasPassedOver() {
        return passedOver;
    }

    /// To be written to the database, with the record's position.
    void row(Row row) {
        rows.add(row);
    }

    List<Row> rows() {
        return rows;
    }

    /// In the order of steps and keys.
    void forEach(Each each) {
        changed.forEach((step, entries) -> entries.forEach((key, value) -> each.change(step, key, value)));
    }
}
