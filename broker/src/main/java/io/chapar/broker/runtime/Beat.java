package io.chapar.broker.runtime;

/// Moments of every half second, the same for all loops and, as far as their clocks agree, for all brokers of a
/// machine. What has to be done about once in a while is put on one of them, so that one awakening serves all of it:
/// what an idle broker costs is how often it wakes up.
public final class Beat {
    static final long MS = 500;

    private Beat() {}

    /// The latest of the moments that are not later than `atMs` and later than `nowMs`, or `atMs` where there is none.
    public static long before(long atMs, long nowMs) {
        long beat = Math.floorDiv(atMs, MS) * MS;
        return beat > nowMs ? beat : atMs;
    }
}
