package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;

import static java.util.Objects.requireNonNull;

/// A step of which rows become due. Each is worked on by itself, tried again and given up as a record is ([TimerTask]),
/// so that it fails is not the fault of the record with which its time has come. What is due follows from the rows
/// alone: nothing else has to be kept, or to be there after a restart. If not said otherwise, timers are ([KeyRows]).
interface DueStep {
    /// Whether there may be some at all.
    boolean hasTimers();

    /// The row that is due first; null when none is.
    default byte @Nullable [] due(Rows rows, long wallClockMs) {
        return KeyRows.due(rows, wallClockMs);
    }

    /// When the next one is due by the clock; [Long#MAX_VALUE] is never.
    default long nextWallClockMs(Rows rows) {
        return KeyRows.nextWallClockMs(rows);
    }

    /// The row that is due is given up: it is not due any more.
    default void discard(byte[] row, StepState state) {
        KeyRows.discard(row, state);
    }

    /// What was to be done, as dead letters have it. `due` has the row as its key.
    default SourceRecord forPeople(SourceRecord due, Rows rows) {
        KeyRows.Timer timer = KeyRows.Timer.of(rowOf(due));
        return shown(due, timer.key(), null, timer.timeMs());
    }

    static SourceRecord shown(SourceRecord due, byte[] key, byte @Nullable [] value, long timeMs) {
        return new SourceRecord(due.partition(), due.offset(), due.leaderEpoch(), timeMs, key, value, due.headers());
    }

    /// `kept`: time i64 | value.
    static SourceRecord shown(SourceRecord due, byte[] key, byte @Nullable [] kept) {
        return kept == null ? shown(due, key, null, due.timestampMs())
                : shown(due, key, Arrays.copyOfRange(kept, Long.BYTES, kept.length), ByteBuffer.wrap(kept).getLong());
    }

    static byte[] rowOf(SourceRecord due) {
        return requireNonNull(due.key(), "the row that is due");
    }
}
