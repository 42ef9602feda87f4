package io.chapar.protocol.record;

/// Sequence numbers of an idempotent producer: 0 to 2^31-1, then 0 again.
public final class Sequences {
    private Sequences() {
    }

    /// The sequence that is `count` after `sequence`. Both are at least 0.
    public static int next(int sequence, int count) {
        return (int) (((long) sequence + count) & Integer.MAX_VALUE);
    }

    /// The sequence that is `count` before `sequence`. Both are at least 0.
    public static int previous(int sequence, int count) {
        return (int) (((long) sequence - count) & Integer.MAX_VALUE);
    }
}
