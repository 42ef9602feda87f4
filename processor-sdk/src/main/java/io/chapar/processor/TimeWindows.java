package io.chapar.processor;

import io.chapar.client.UsageException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Windows of one length that begin at every multiple of `advanceMs` since 1970: tumbling, each record in one of them,
/// when that is their length, else hopping.
///
/// A window takes records until stream time, the latest time of all records that have come to its step in the
/// partition, is `graceMs` past its end; then it is closed.
public record TimeWindows(long sizeMs, long advanceMs, long graceMs) implements Windows {
    /// A record is in that many windows at most.
    public static final int MAX_WINDOWS = 10_000;

    public TimeWindows {
        if (sizeMs < 1 || advanceMs < 1 || advanceMs > sizeMs || graceMs < 0) {
            throw new UsageException("A window is at least 1 ms long, the next one begins 1 ms later at least and at"
                    + " its end at most, and the grace is not negative: not " + sizeMs + ", " + advanceMs + ", "
                    + graceMs + " ms");
        }
        if ((sizeMs - 1) / advanceMs >= MAX_WINDOWS) {
            throw new UsageException("A record may be in " + MAX_WINDOWS + " windows at most, not in those of " + sizeMs
                    + " ms every " + advanceMs + " ms");
        }
    }

    /// One after the other, without grace.
    public static TimeWindows tumbling(Duration size) {
        return hopping(size, size);
    }

    /// A new one every `advance`, without grace.
    public static TimeWindows hopping(Duration size, Duration advance) {
        return new TimeWindows(size.toMillis(), advance.toMillis(), 0);
    }

    /// These, open for so long after their end.
    public TimeWindows grace(Duration grace) {
        return new TimeWindows(sizeMs, advanceMs, grace.toMillis());
    }

    /// Where the windows begin that a record of this time is in, ascending. None begins before 1970.
    List<Long> startsOf(long timestampMs) {
        List<Long> starts = new ArrayList<>();
        long first = Math.max(0, timestampMs - sizeMs + advanceMs) / advanceMs * advanceMs;
        for (long start = first; start <= timestampMs; start += advanceMs) {
            starts.add(start);
        }
        return starts;
    }
}
