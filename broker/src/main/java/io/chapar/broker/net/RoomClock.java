package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.TimeUnit;

/// How long a connection may keep others from the memory that all share for large frames. On its loop.
///
///     arrives --(no room)--> waits --(room came)--> its turn --(whole)--> waits for those ahead --> begun
///     pace                   up to                  1 s each brings       pace
///                            maxRoomWaitMs          an eighth
///
/// Who waits for room is given up after `maxRoomWaitMs`. All others that have taken room for requests that are not
/// begun yet have to get on with them, but only while others wait: in each window they bring, or begin, as many bytes
/// as the pace asks for, or they are given up. Who has been let in from the line has taken of the half that is there
/// for the line alone, and has to be quicker: who stands still loses it after a window, so a full half is free again
/// after one window of those who stand still, and after eight of any.
///
/// A slow line is slow at nobody's expense: where nobody waits, nobody is given up.
final class RoomClock {
    private static final long WINDOW_MS = 5_000;
    private static final long TURN_WINDOW_MS = 1_000;
    /// In so many windows of a turn all of it has come.
    private static final int TURN_WINDOWS = 8;
    private static final long NEVER = Long.MAX_VALUE;

    private final ServerLimits limits;
    private final SharedBudget budget;
    private final TrafficMeters traffic;
    private final ConnectionEffects<?> effects;
    /// Bytes that came, and bytes of requests that have begun.
    private long progress;
    /// Of the wait for room; NEVER while there is none.
    private long waitDeadlineNs = NEVER;
    /// NEVER while no room is held, or it is not known.
    private long windowEndNs = NEVER;
    private long windowMs = WINDOW_MS;
    /// At the beginning of the window.
    private long progressBefore;
    /// Bytes that came out of the line for the frame that arrives; 0 while there is none such.
    private int turn;

    /// @param budget of the memory
    RoomClock(ServerLimits limits, SharedBudget budget, TrafficMeters traffic, ConnectionEffects<?> effects) {
        this.limits = limits;
        this.budget = budget;
        this.traffic = traffic;
        this.effects = effects;
    }

    boolean waits() {
        return waitDeadlineNs != NEVER;
    }

    /// So many bytes came, or so many of a request began.
    void getsOn(int bytes) {
        progress += bytes;
    }

    void beginsToWait() {
        traffic.waitedForRoom();
        waitDeadlineNs = effects.nowNs() + TimeUnit.MILLISECONDS.toNanos(limits.maxRoomWaitMs());
        windowEndNs = NEVER;
        effects.wakeAt(waitDeadlineNs);
    }

    void waitsNoMore() {
        waitDeadlineNs = NEVER;
    }

    /// The wait ended with room for so many bytes.
    void hasItsTurn(int bytes) {
        waitsNoMore();
        turn = bytes;
        begin(effects.nowNs());
        effects.wakeAt(windowEndNs);
    }

    /// A frame is whole.
    void arrived() {
        if (turn > 0) {
            turn = 0;
            begin(effects.nowNs());
        }
    }

    /// Room is held for what has not begun.
    void holds() {
        if (windowEndNs == NEVER && !waits()) {
            begin(effects.nowNs());
            effects.wakeAt(windowEndNs);
        }
    }

    private void begin(long nowNs) {
        windowMs = turn > 0 ? TURN_WINDOW_MS : WINDOW_MS;
        windowEndNs = nowNs + TimeUnit.MILLISECONDS.toNanos(windowMs);
        progressBefore = progress;
    }

    long deadlineNs() {
        return Math.min(waitDeadlineNs, windowEndNs);
    }

    /// Why the connection is given up, if it is. To be asked when the deadline is due.
    ///
    /// @param holds whether room is held for what has not begun
    @Nullable String fault(long nowNs, boolean holds) {
        if (waits() && nowNs - waitDeadlineNs >= 0) {
            traffic.gaveUpWaitingForRoom();
            return "others have taken all the memory that there is for requests, for " + limits.maxRoomWaitMs() + " ms";
        }
        if (windowEndNs == NEVER || nowNs - windowEndNs < 0) {
            return null;
        }
        long brought = progress - progressBefore;
        long least = leastProgress();
        long judgedMs = windowMs;
        windowEndNs = NEVER;
        if (!holds) {
            return null;
        }
        begin(nowNs);
        if (brought >= least || !budget.isWaitedFor()) {
            return null;
        }
        traffic.gaveUpForPace();
        return "it takes memory for which others wait, for a request of which " + brought + " bytes came in "
                + judgedMs + " ms (socket.request.min.bytes.per.second)";
    }

    /// In the window that ends.
    private long leastProgress() {
        long least = limits.minBytesPerSecond() * TimeUnit.MILLISECONDS.toSeconds(windowMs);
        return least == 0 ? 0 : Math.max(least, turn / TURN_WINDOWS);
    }
}
