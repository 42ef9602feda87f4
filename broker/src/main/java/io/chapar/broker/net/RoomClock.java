package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.TimeUnit;

/// How long a connection may keep others from the memory that all share for large frames. On its loop.
///
/// Who waits for room is given up after `maxRoomWaitMs`. Who has taken room for requests that are not begun yet, since
/// they are still arriving or wait for one ahead, has to get on with them, but only while others wait: in each window
/// it brings, or begins, as many bytes as the pace asks for, or it is given up. So nobody waits in vain for somebody
/// who trickles, and a slow line is slow at nobody's expense.
final class RoomClock {
    /// So short that those who wait see two of them end before they are given up themselves.
    private static final long WINDOW_MS = 5_000;
    private static final long NEVER = Long.MAX_VALUE;

    private final ServerLimits limits;
    private final SharedBudget budget;
    private final TrafficMeters traffic;
    /// Of the wait for room; NEVER while there is none.
    private long waitDeadlineNs = NEVER;
    /// NEVER while no room is held, or it is not known.
    private long windowEndNs = NEVER;
    /// At the beginning of the window.
    private long progressBefore;

    /// @param budget of the memory
    RoomClock(ServerLimits limits, SharedBudget budget, TrafficMeters traffic) {
        this.limits = limits;
        this.budget = budget;
        this.traffic = traffic;
    }

    boolean waits() {
        return waitDeadlineNs != NEVER;
    }

    void beginsToWait(long nowNs) {
        traffic.waitedForRoom();
        waitDeadlineNs = nowNs + TimeUnit.MILLISECONDS.toNanos(limits.maxRoomWaitMs());
        windowEndNs = NEVER;
    }

    void waitsNoMore() {
        waitDeadlineNs = NEVER;
    }

    /// Room is held for what has not begun.
    ///
    /// @param progress bytes that the connection has brought, and bytes of requests that it has begun
    /// @return whether this is news
    boolean holds(long nowNs, long progress) {
        if (windowEndNs != NEVER || waits()) {
            return false;
        }
        begin(nowNs, progress);
        return true;
    }

    private void begin(long nowNs, long progress) {
        windowEndNs = nowNs + TimeUnit.MILLISECONDS.toNanos(WINDOW_MS);
        progressBefore = progress;
    }

    long deadlineNs() {
        return Math.min(waitDeadlineNs, windowEndNs);
    }

    /// Why the connection is given up, if it is. To be asked when the deadline is due.
    ///
    /// @param holds whether room is held for what has not begun
    /// @param progress as for [#holds]
    @Nullable String fault(long nowNs, boolean holds, long progress) {
        if (waits() && nowNs - waitDeadlineNs >= 0) {
            traffic.gaveUpWaitingForRoom();
            return "others have taken all the memory that there is for requests, for " + limits.maxRoomWaitMs() + " ms";
        }
        if (windowEndNs == NEVER || nowNs - windowEndNs < 0) {
            return null;
        }
        long brought = progress - progressBefore;
        windowEndNs = NEVER;
        if (!holds) {
            return null;
        }
        begin(nowNs, progress);
        long least = limits.minBytesPerSecond() * TimeUnit.MILLISECONDS.toSeconds(WINDOW_MS);
        if (brought >= least || !budget.isWaitedFor()) {
            return null;
        }
        traffic.gaveUpForPace();
        return "it takes memory for which others wait, for a request of which " + brought + " bytes came in "
                + WINDOW_MS + " ms (socket.request.min.bytes.per.second)";
    }
}
