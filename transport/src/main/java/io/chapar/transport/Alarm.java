package io.chapar.transport;

import org.jspecify.annotations.Nullable;

/// The one timer of a core: rings when time alone changes what there is to do. On the loop only.
public final class Alarm {
    private final ClientLoop loop;
    private final Runnable ring;
    private ClientLoop.@Nullable Timer timer;
    private long atMs = Long.MAX_VALUE;

    public Alarm(ClientLoop loop, Runnable ring) {
        this.loop = loop;
        this.ring = ring;
    }

    /// Rings once, at this time of the loop, or in a millisecond when that is over; what was set before is forgotten.
    /// [Long#MAX_VALUE] is never.
    public void set(long ms) {
        if (timer != null && atMs == ms) {
            return;
        }
        cancel();
        atMs = ms;
        if (ms != Long.MAX_VALUE) {
            timer = loop.schedule(Math.max(1, ms - loop.nowMs()), () -> {
                timer = null;
                ring.run();
            });
        }
    }

    public void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
