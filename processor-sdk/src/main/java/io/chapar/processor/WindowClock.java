package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// How far the time of a step with windows is, and which of its windows have closed by then: neither goes back, also
/// where another grace (or gap) is set from some start on. What has closed has been given, or is gone.
///
/// ```
/// time i64 | 'b' | closed i64 | place of the first window that is due, if one is known
/// ```
/// Rows of earlier versions have no `'b' | closed i64`.
///
/// @param timeMs the latest time of records so far; -1 before the first
/// @param keptMs how far windows had closed when this was kept: what is due has been looked for up to here
/// @param closedMs how far they have closed by now: the time may have gone on, or the grace be less than it was.
///        Whether that takes in windows that end there is the step's
/// @param due as it was kept
@SuppressWarnings("ArrayRecordComponent")
record WindowClock(long timeMs, long keptMs, long closedMs, byte @Nullable [] due) {
    private static final byte CLOSED = 'b';

    /// `lagMs`: so long behind the time windows close, as the step is now.
    static WindowClock of(byte @Nullable [] row, long lagMs) {
        if (row == null) {
            return new WindowClock(-1, -1 - lagMs, -1 - lagMs, null);
        }
        ByteBuffer rest = ByteBuffer.wrap(row);
        long timeMs = rest.getLong();
        long keptMs = timeMs - lagMs;
        if (rest.hasRemaining() && rest.get(rest.position()) == CLOSED) {
            keptMs = rest.position(rest.position() + 1).getLong();
        }
        byte[] due = rest.hasRemaining() ? Arrays.copyOfRange(row, rest.position(), row.length) : null;
        return new WindowClock(timeMs, keptMs, Math.max(keptMs, timeMs - lagMs), due);
    }

    /// At the time of this record too.
    WindowClock at(long recordMs, long lagMs) {
        long latestMs = Math.max(timeMs, recordMs);
        return new WindowClock(latestMs, keptMs, Math.max(closedMs, latestMs - lagMs), due);
    }

    WindowClock withDue(byte @Nullable [] place) {
        return new WindowClock(timeMs, keptMs, closedMs, place);
    }

    /// There is more to be looked for, or to be removed, than when it was kept.
    boolean hasClosedMore() {
        return closedMs > keptMs;
    }

    /// Nothing is written where it is there already.
    void keep(byte[] at, StepState state) {
        byte[] row = row();
        if (!Arrays.equals(row, state.get(at))) {
            state.put(at, row);
        }
    }

    byte[] row() {
        ByteBuffer row = ByteBuffer.allocate(2 * Long.BYTES + 1 + (due == null ? 0 : due.length))
                .putLong(timeMs).put(CLOSED).putLong(closedMs);
        return (due == null ? row : row.put(due)).array();
    }
}
