package io.chapar.processor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// How long it took from the time of each input record to the commit that has its effect, in whole milliseconds; a
/// record that is dated later than its commit counts as 0, one without a time (a negative one) not at all. In
/// `AT_MOST_ONCE`, where positions are committed first, to the end of the writes. A record that an application made for
/// its next stage has the time of what it was made from.
///
/// @param counts by the [#BOUNDS_MS], the last one for what took longer than all of them
/// @param sumMs of all
/// @param maxMs the longest one, 0 when there was none
public record CommitLatency(List<Long> counts, long sumMs, long maxMs) {
    /// Up to and with these.
    public static final List<Long> BOUNDS_MS =
            List.of(1L, 2L, 5L, 10L, 20L, 50L, 100L, 200L, 500L, 1_000L, 2_000L, 5_000L, 10_000L, 30_000L, 60_000L);
    static final CommitLatency NONE = new CommitLatency(Collections.nCopies(BOUNDS_MS.size() + 1, 0L), 0, 0);

    public CommitLatency {
        counts = List.copyOf(counts);
    }

    public long count() {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    /// At most so long took this part of them, by the bounds and [#maxMs]; 0 when there were none.
    ///
    /// @param part 0.99 for the 99th percentile
    public long quantileMs(double part) {
        long wanted = (long) Math.ceil(part * count());
        long seen = 0;
        for (int at = 0; at < BOUNDS_MS.size(); at++) {
            seen += counts.get(at);
            if (seen >= wanted) {
                return Math.min(BOUNDS_MS.get(at), maxMs);
            }
        }
        return maxMs;
    }

    CommitLatency and(CommitLatency other) {
        List<Long> sums = new ArrayList<>(counts);
        for (int at = 0; at < sums.size(); at++) {
            sums.set(at, sums.get(at) + other.counts.get(at));
        }
        return new CommitLatency(sums, sumMs + other.sumMs, Math.max(maxMs, other.maxMs));
    }
}
