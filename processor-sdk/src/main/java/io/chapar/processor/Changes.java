package io.chapar.processor;

import io.chapar.processor.jdbc.Row;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private List<Late> late = List.of();
    /// By step.
    private final TreeMap<String, Overlay> changed = new TreeMap<>();
    private List<Row> rows = List.of();
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
    private void put(Overlay own, byte[] key, byte @Nullable [] value) {
        own.put(key, value);
        if (value != null) {
            below.budget().require(bytes());
        }
    }

    private long bytes() {
        long bytes = 0;
        for (Overlay own : changed.values()) {
            bytes += own.bytes();
        }
        return bytes;
    }

    /// What `step` finds and changes.
    StepState of(String step) {
        Overlay own = changed.computeIfAbsent(step, name -> new Overlay(below.rows(name)));
        return new StepState() {
            @Override
            public byte @Nullable [] get(byte[] key) {
                return own.get(key);
            }

            @Override
            public void put(byte[] key, byte @Nullable [] value) {
                Changes.this.put(own, key, value);
            }

            @Override
            public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
                return own.range(from, to);
            }

            @Override
            public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
                return own.first(from, to);
            }

            @Override
            public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
                return own.last(from, to);
            }

            @Override
            public void late(String why, @Nullable String topic) {
                late = late.isEmpty() ? new ArrayList<>() : late;
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
        rows = rows.isEmpty() ? new ArrayList<>() : rows;
        rows.add(row);
    }

    List<Row> rows() {
        return rows;
    }

    boolean isEmpty() {
        for (Overlay own : changed.values()) {
            if (!own.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /// In the order of steps and keys.
    void forEach(Each each) {
        changed.forEach((step, own) -> own.inOrder((key, value) -> each.change(step, key, value)));
    }
}
