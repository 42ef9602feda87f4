package io.chapar.broker.peer;

import io.chapar.broker.runtime.Beat;

/// Both ends of a link say something at least once a second, on a [Beat]. Who hears nothing for longer than
/// [#SILENCE_MS] gives the link up; but who finds that it stood still itself hears first what came meanwhile.
///
/// Times are of the loop's clock, in milliseconds.
final class LinkPulse {
    static final long EVERY_MS = 1_000;
    static final long SILENCE_MS = 3_000;
    /// A timer that comes so late says that this process stood still, not the other.
    static final long OWN_PAUSE_MS = 300;

    private long saidMs;
    private long heardMs;

    LinkPulse(long nowMs) {
        saidMs = nowMs;
        heardMs = nowMs;
    }

    void said(long nowMs) {
        saidMs = nowMs;
    }

    void heard(long nowMs) {
        heardMs = nowMs;
    }

    /// When there is something to be done at the latest.
    long nextMs() {
        return Math.min(dueMs(), heardMs + SILENCE_MS);
    }

    boolean isDue(long nowMs) {
        return nowMs >= dueMs();
    }

    private long dueMs() {
        return Beat.before(saidMs + EVERY_MS, saidMs);
    }

    /// Whether the other end is silent. At the latest when [#nextMs] has come.
    boolean isSilent(long nowMs) {
        long lateMs = nowMs - nextMs();
        if (lateMs > OWN_PAUSE_MS) {
            heardMs = Math.min(nowMs, heardMs + lateMs);
        }
        return nowMs >= heardMs + SILENCE_MS;
    }
}
