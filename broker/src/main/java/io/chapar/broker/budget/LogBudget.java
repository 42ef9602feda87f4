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
                countLeftOut();
                return null;
            }
            if (window.compareAndSet(before, second + lines + 1)) {
                return unsaid(leftOut.getAndSet(0));
            }
        }
    }

    static void countLeftOut() {
        LEFT_OUT.incrementAndGet();
    }

    /// What the line behind so many that were left out ends with.
    static String unsaid(long leftOut) {
        return leftOut == 0 ? "" : " (" + leftOut + " more such lines were left out)";
    }

    /// Lines of all kinds that were left out.
    public static long leftOut() {
        return LEFT_OUT.get();
    }
}
