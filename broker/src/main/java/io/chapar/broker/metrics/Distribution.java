package io.chapar.broker.metrics;

/// How often a duration fell between which bounds, from a tenth of a millisecond to ten seconds. On one loop; recording
/// allocates nothing.
public final class Distribution {
    private static final long MICRO = 1_000;
    private static final long[] BOUNDS_NS = {
        100 * MICRO, 250 * MICRO, 500 * MICRO, 1_000 * MICRO, 2_500 * MICRO, 5_000 * MICRO, 10_000 * MICRO,
        25_000 * MICRO, 50_000 * MICRO, 100_000 * MICRO, 250_000 * MICRO, 500_000 * MICRO, 1_000_000 * MICRO,
        2_500_000 * MICRO, 5_000_000 * MICRO, 10_000_000 * MICRO
    };
    private static final double NS_PER_SECOND = 1e9;

    /// The last one counts what is above every bound.
    private final long[] counts = new long[BOUNDS_NS.length + 1];
    private long sumNs;

    public void record(long ns) {
        int i = 0;
        while (i < BOUNDS_NS.length && ns > BOUNDS_NS[i]) {
            i++;
        }
        counts[i]++;
        sumNs += ns;
    }

    void add(Distribution other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        sumNs += other.sumNs;
    }

    double sumSeconds() {
        return sumNs / NS_PER_SECOND;
    }

    /// For each of [#boundsSeconds], how many fell between it and the one before it.
    long[] counts() {
        return counts.clone();
    }

    /// Ascending; infinite at the end.
    static double[] boundsSeconds() {
        double[] bounds = new double[BOUNDS_NS.length + 1];
        for (int i = 0; i < BOUNDS_NS.length; i++) {
            bounds[i] = BOUNDS_NS[i] / NS_PER_SECOND;
        }
        bounds[BOUNDS_NS.length] = Double.POSITIVE_INFINITY;
        return bounds;
    }
}
