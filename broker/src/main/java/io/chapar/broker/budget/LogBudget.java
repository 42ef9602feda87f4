package io.chapar.broker.budget;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.atomic.AtomicLong;

/// How many lines of one kind the log gets in a second, from the whole process: whatever repeats, because of clients or
/// of a disk, does not fill it. What is left out is counted, and said with the next line that is not.
public final class LogBudget {
    /// Of all kinds, since the process began.
    private static final AtomicLong LEFT_OUT = new AtomicLong();
    private static final int COUNT_BITS = 16;

    private final int linesPerSecond;
    /// The second, and how many lines in it.
    private final AtomicLong window = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong leftOut = new AtomicLong();

    public LogBudget(int linesPerSecond) {
        this.linesPerSecond = linesPerSecond;
    }

    /// From any thread. What the line has to end with; null when it is left out.
    public @Nullable String line(long nowMs) {
        long second = Math.floorDiv(nowMs, 1000) << COUNT_BITS;
        while (true) {
            long before = window.get();
            long lines = before - second >= 0 && before - second <= linesPerSecond ? before - second : 0;
            if (lines == linesPerSecond) {
                leftOut.incrementAndGet();
                LEFT_OUT.incrementAndGet();
                return null;
            }
            if (window.compareAndSet(before, second + lines + 1)) {
                long unsaid = leftOut.getAndSet(0);
                return unsaid == 0 ? "" : " (" + unsaid + " more such lines were left out)";
            }
        }
    }

    /// Lines of all kinds that were left out.
    public static long leftOut() {
        return LEFT_OUT.get();
    }
}
