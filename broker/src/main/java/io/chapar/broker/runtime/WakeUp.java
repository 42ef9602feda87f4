package io.chapar.broker.runtime;

import org.jspecify.annotations.Nullable;

/// Wakes one owner when its core has something to do. One that comes too early only arms again, which costs less than
/// to move it with each event. On the loop alone.
public final class WakeUp {
    private final Loop loop;
    private final Runnable due;
    private Loop.@Nullable Timer timer;
    private long atMs;
    /// Counts those given up: one that is due already can come although it was cancelled.
    private long armed;

    /// @param due runs at most once for each time that was asked for; whoever wants more asks again
    public WakeUp(Loop loop, Runnable due) {
        this.loop = loop;
        this.due = due;
    }

    /// At this time at the latest; [Long#MAX_VALUE] asks for none.
    public void at(long nextMs) {
        if (nextMs == Long.MAX_VALUE || (timer != null && atMs <= nextMs)) {
            return;
        }
        cancel();
        long number = armed;
        atMs = nextMs;
        timer = loop.schedule(Math.max(0, nextMs - loop.nowMs()), () -> {
            if (number == armed) {
                timer = null;
                due.run();
            }
        });
    }

    /// Not before it is asked for again.
    public void cancel() {
        armed++;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
