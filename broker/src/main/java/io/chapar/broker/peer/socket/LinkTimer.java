package io.chapar.broker.peer.socket;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

/// Wakes one link. One that comes too early only arms again, which costs less than to move it with each question. On
/// the link's loop.
final class LinkTimer {
    private final Loop loop;
    private final Runnable due;
    private Loop.@Nullable Timer timer;
    private long atMs;

    LinkTimer(Loop loop, Runnable due) {
        this.loop = loop;
        this.due = due;
    }

    /// At this time at the latest; [Long#MAX_VALUE] for never.
    void wakeAt(long nextMs) {
        if (nextMs == Long.MAX_VALUE || (timer != null && atMs <= nextMs)) {
            return;
        }
        cancel();
        atMs = nextMs;
        timer = loop.schedule(Math.max(0, nextMs - loop.nowMs()), () -> {
            timer = null;
            due.run();
        });
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
