package io.chapar.processor;

import io.chapar.processor.jdbc.Row;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.LongSupplier;

/// What one attempt at one record has changed in the state of its partition; nobody else sees it before the attempt
/// has succeeded.
final class Changes {
    private static final long NOT_ASKED = -1;

    interface Each {
        void change(String step, byte[] key, byte @Nullable [] value);
    }

    /// `topic` null: nobody gets it.
    record Late(String why, @Nullable String topic) {
    }

    private final TaskState below;
    private final LongSupplier wallClock;
    /// Of [#wallClock], once it was asked; -1 before.
    private long wallClockMs = NOT_ASKED;
    private List<Late> late = List.of();
    /// The first of them in the order of steps, of which there is mostly one; null: none has asked yet.
    private @Nullable Own first;
    private List<Row> rows = List.of();
    private boolean passedOver;

    /// `wallClock` is asked once at most: the time of the attempt is the same throughout.
    Changes(TaskState below, LongSupplier wallClock) {
        this.below = below;
        this.wallClock = wallClock;
    }

    /// What the attempt has found.
    TaskState below() {
        return below;
    }

    long wallClockMs() {
        if (wallClockMs == NOT_ASKED) {
            wallClockMs = wallClock.getAsLong();
        }
        return wallClockMs;
    }

    private long bytes() {
        long bytes = 0;
        for (Own own = first; own != null; own = own.next) {
            bytes += own.changes.bytes();
        }
        return bytes;
    }

    /// What `step` finds and changes.
    StepState of(String step) {
        Own before = null;
        Own own = first;
        while (own != null && own.step.compareTo(step) < 0) {
            before = own;
            own = own.next;
        }
        if (own != null && own.step.equals(step)) {
            return own;
        }
        Own fresh = new Own(step, new Overlay(below.rows(step)), own);
        if (before == null) {
            first = fresh;
        } else {
            before.next = fresh;
        }
        return fresh;
    }

    /// Of one step.
    private final class Own implements StepState {
        private final String step;
        private final Overlay changes;
        /// A later step; null: there is none.
        private @Nullable Own next;

        private Own(String step, Overlay changes, @Nullable Own next) {
            this.step = step;
            this.changes = changes;
            this.next = next;
        }

        @Override
        public byte @Nullable [] get(byte[] key) {
            return changes.get(key);
        }

        /// `value` null removes the key. [StateFullException] when there is no room.
        @Override
        public void put(byte[] key, byte @Nullable [] value) {
            changes.put(key, value);
            if (value != null) {
                below.budget().require(bytes());
            }
        }

        @Override
        public SortedMap<byte[], byte[]> range(byte[] from, byte[] to) {
            return changes.range(from, to);
        }

        @Override
        public Map.@Nullable Entry<byte[], byte[]> first(byte[] from, byte[] to) {
            return changes.first(from, to);
        }

        @Override
        public Map.@Nullable Entry<byte[], byte[]> last(byte[] from, byte[] to) {
            return changes.last(from, to);
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
            return Changes.this.wallClockMs();
        }
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
        for (Own own = first; own != null; own = own.next) {
            if (!own.changes.isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /// In the order of steps and keys.
    void forEach(Each each) {
        for (Own own = first; own != null; own = own.next) {
            String step = own.step;
            own.changes.inOrder((key, value) -> each.change(step, key, value));
        }
    }
}
