package io.chapar.processor;

import io.chapar.client.UsageException;

import java.time.Duration;

/// Windows that last as long as records of their key are not more than `gapMs` apart. A session is from the time of its
/// first record to that of its last one, both inside; a record between two of them makes them one.
///
/// A session takes records until stream time is more than `gapMs` and `graceMs` past its end.
public record SessionWindows(long gapMs, long graceMs) {
    public SessionWindows {
        if (gapMs < 1 || graceMs < 0 || gapMs > Windows.MAX_MS || graceMs > Windows.MAX_MS) {
            throw new UsageException("The gap between sessions is 1 ms to " + Windows.MAX_MS + " ms and the grace not"
                    + " negative: not " + gapMs + ", " + graceMs + " ms");
        }
    }

    /// Without grace.
    public static SessionWindows withGap(Duration gap) {
        return new SessionWindows(gap.toMillis(), 0);
    }

    /// These, open for so long after their end and the gap.
    public SessionWindows grace(Duration grace) {
        return new SessionWindows(gapMs, grace.toMillis());
    }
}
