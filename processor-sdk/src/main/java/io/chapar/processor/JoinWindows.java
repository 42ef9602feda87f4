package io.chapar.processor;

import io.chapar.client.UsageException;

import java.time.Duration;

/// Which records of two streams meet: of the same key, the right one at most `beforeMs` earlier and `afterMs` later
/// than the left one. Either may be negative, for right ones that are later, or earlier, in any case.
///
/// A record may come until stream time, the latest time of all records on both sides of the partition, is `graceMs`
/// past the end of what it could meet; for so long a record without a partner is waited for.
public record JoinWindows(long beforeMs, long afterMs, long graceMs) {
    public JoinWindows {
        boolean inOrder = graceMs >= 0 && beforeMs + afterMs >= 0;
        if (!inOrder || Math.max(Math.abs(beforeMs), Math.max(Math.abs(afterMs), graceMs)) > Windows.MAX_MS) {
            throw new UsageException("What two records may be apart begins before it ends, the grace is not negative,"
                    + " and each is at most " + Windows.MAX_MS + " ms: not " + beforeMs + " before, " + afterMs
                    + " after, " + graceMs + " ms");
        }
    }

    /// Apart by so much at most, in either direction; without grace.
    public static JoinWindows within(Duration difference) {
        return new JoinWindows(difference.toMillis(), difference.toMillis(), 0);
    }

    public JoinWindows before(Duration before) {
        return new JoinWindows(before.toMillis(), afterMs, graceMs);
    }

    public JoinWindows after(Duration after) {
        return new JoinWindows(beforeMs, after.toMillis(), graceMs);
    }

    public JoinWindows grace(Duration grace) {
        return new JoinWindows(beforeMs, afterMs, grace.toMillis());
    }

    /// Records of a side that are older than its latest by that much meet nothing any more.
    long retentionMs() {
        return beforeMs + afterMs + graceMs;
    }

    /// As the right stream sees it.
    JoinWindows mirrored() {
        return new JoinWindows(/* beforeMs= */ afterMs, /* afterMs= */ beforeMs, graceMs);
    }
}
