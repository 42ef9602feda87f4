package io.chapar.broker.budget;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.atomic.AtomicReference;

/// When to say again what goes on for as long as nobody mends it: after a second, after two more, after four, and in
/// the end once in about a minute. It begins anew when it has been quiet for longer than that.
public final class RarerLines {
    private static final long FIRST_PAUSE_MS = 1_000;
    private static final long LONGEST_PAUSE_MS = 64_000;

    /// @param saidMs when the last line was said
    /// @param pauseMs until the next one may be
    /// @param lastMs when it happened last, said or not
    /// @param leftOut how often since the last line
    private record Lines(long saidMs, long pauseMs, long lastMs, long leftOut) {
        Lines leaveOut(long nowMs) {
            return new Lines(saidMs, pauseMs, Math.max(lastMs, nowMs), leftOut + 1);
        }

        boolean isDue(long nowMs) {
            return nowMs < saidMs || nowMs - saidMs >= pauseMs;
        }

        boolean wasQuiet(long nowMs) {
            return nowMs < saidMs || nowMs - lastMs > LONGEST_PAUSE_MS;
        }

        Lines anew() {
            return new Lines(saidMs, FIRST_PAUSE_MS, lastMs, leftOut);
        }

        Lines say(long nowMs) {
            long pause = wasQuiet(nowMs) ? FIRST_PAUSE_MS : Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
            return new Lines(nowMs, pause, nowMs, 0);
        }
    }

    private final AtomicReference<@Nullable Lines> lines = new AtomicReference<>();

    /// From any thread. It goes on no more: when it begins again that is said, a second after the last line at the
    /// earliest.
    public void over() {
        lines.updateAndGet(before -> before == null ? null : before.anew());
    }

    /// From any thread. What the line has to end with; null when it is left out.
    public @Nullable String line(long nowMs) {
        while (true) {
            Lines before = lines.get();
            if (before == null) {
                if (lines.compareAndSet(null, new Lines(nowMs, FIRST_PAUSE_MS, nowMs, 0))) {
                    return "";
                }
            } else if (!before.isDue(nowMs)) {
                if (lines.compareAndSet(before, before.leaveOut(nowMs))) {
                    LogBudget.countLeftOut();
                    return null;
                }
            } else if (lines.compareAndSet(before, before.say(nowMs))) {
                return LogBudget.unsaid(before.leftOut());
            }
        }
    }
}
