package io.chapar.processor;

import java.util.Arrays;

/// Measures [CommitLatency]: remembers the times of the records that are processed and not committed. Owned by the
/// cycle's thread; what it gives is not changed afterwards.
final class CommitTimes {
    /// More of one commit are not measured.
    static final int MOST = 16_384;
    private static final int FEW = 64;
    private static final long[] BOUNDS_MS = CommitLatency.BOUNDS_MS.stream().mapToLong(Long::longValue).toArray();

    private long[] uncommitted = new long[FEW];
    private int count;
    /// Of a commit of unknown outcome.
    private long[] undecided = new long[0];
    private CommitLatency measured = CommitLatency.NONE;

    void processed(long timestampMs) {
        if (count == MOST || timestampMs < 0) {
            return;
        }
        if (count == uncommitted.length) {
            uncommitted = Arrays.copyOf(uncommitted, 2 * count);
        }
        uncommitted[count++] = timestampMs;
    }

    void committed(long wallClockMs) {
        measure(uncommitted, count, wallClockMs);
        count = 0;
    }

    void undecided() {
        undecided = Arrays.copyOf(uncommitted, count);
        count = 0;
    }

    void decided(boolean committed, long wallClockMs) {
        measure(undecided, committed ? undecided.length : 0, wallClockMs);
        undecided = new long[0];
    }

    private void measure(long[] times, int howMany, long wallClockMs) {
        if (howMany == 0) {
            return;
        }
        long[] counts = measured.counts().stream().mapToLong(Long::longValue).toArray();
        long sumMs = measured.sumMs();
        long maxMs = measured.maxMs();
        for (int at = 0; at < howMany; at++) {
            long tookMs = Math.max(0, wallClockMs - times[at]);
            int found = Arrays.binarySearch(BOUNDS_MS, tookMs);
            counts[found < 0 ? -found - 1 : found]++;
            sumMs += tookMs;
            maxMs = Math.max(maxMs, tookMs);
        }
        measured = new CommitLatency(Arrays.stream(counts).boxed().toList(), sumMs, maxMs);
    }

    /// They are processed again, here or elsewhere.
    void dropped() {
        count = 0;
    }

    CommitLatency measured() {
        return measured;
    }
}
