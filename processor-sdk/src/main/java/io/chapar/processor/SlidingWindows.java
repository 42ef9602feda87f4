package io.chapar.processor;

import io.chapar.client.UsageException;

import java.time.Duration;

/// Windows of one length that begin and end at records: for each record one that ends at its time, and one that begins
/// 1 ms behind it if there are records in it. Both ends are inside, so records in a window are `differenceMs` apart at
/// most. None begins before 1970: records of the first `differenceMs` share the window that begins then.
///
/// A window takes records until stream time is more than `graceMs` past its end.
public record SlidingWindows(long differenceMs, long graceMs) implements Windows {
    public SlidingWindows {
        if (differenceMs < 1 || graceMs < 0 || differenceMs > MAX_MS || graceMs > MAX_MS) {
            throw new UsageException("A sliding window is 1 ms to " + MAX_MS + " ms long and its grace not negative:"
                    + " not " + differenceMs + ", " + graceMs + " ms");
        }
    }

    /// Without grace.
    public static SlidingWindows within(Duration difference) {
        return new SlidingWindows(difference.toMillis(), 0);
    }

    /// These, open for so long after their end.
    public SlidingWindows grace(Duration grace) {
        return new SlidingWindows(differenceMs, grace.toMillis());
    }
}
