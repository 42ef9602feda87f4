package io.chapar.broker.metrics;

import java.util.Arrays;

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
    private static final long REMEMBERED_NS = 60_000_000_000L;
    /// Of a name: OpenMetrics has 128 for it and its label.
    private static final int MAX_CHARS = 64;

    /// The last one counts what is above every bound.
    private final long[] counts = new long[BOUNDS_NS.length + 1];
    private long sumNs;
    private long slowestNs = -1;
    private long slowestAtNs;
    private String slowestWho = "";

    public void record(long ns) {
        int i = 0;
        while (i < BOUNDS_NS.length && ns > BOUNDS_NS[i]) {
            i++;
        }
        counts[i]++;
        sumNs += ns;
    }

    /// As [#record(long)]; the slowest of the last minute is remembered by the beginning of its name.
    ///
    /// @param nowNs of the running time of the machine
    public void record(long ns, String who, long nowNs) {
        record(ns);
        if (ns >= slowestNs || nowNs - slowestAtNs > REMEMBERED_NS) {
            slowestNs = ns;
            slowestAtNs = nowNs;
            slowestWho = who.length() <= MAX_CHARS ? who : who.substring(0, MAX_CHARS);
        }
    }

    void add(Distribution other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        sumNs += other.sumNs;
        if (other.isSlowerThan(this)) {
            slowestNs = other.slowestNs;
            slowestAtNs = other.slowestAtNs;
            slowestWho = other.slowestWho;
        }
    }

    /// Of the slowest that each knows; one from more than a minute before the other counts for nothing.
    private boolean isSlowerThan(Distribution other) {
        if (slowestNs < 0 || other.slowestNs < 0) {
            return slowestNs >= 0;
        }
        long laterNs = slowestAtNs - other.slowestAtNs;
        return Math.abs(laterNs) > REMEMBERED_NS ? laterNs > 0 : slowestNs > other.slowestNs;
    }

    /// Without those that another has, which was taken of the same thing earlier.
    Distribution since(Distribution earlier) {
        Distribution difference = new Distribution();
        for (int i = 0; i < counts.length; i++) {
            difference.counts[i] = counts[i] - earlier.counts[i];
        }
        difference.sumNs = sumNs - earlier.sumNs;
        return difference;
    }

    long count() {
        return Arrays.stream(counts).sum();
    }

    /// The bound below which this part of all fell, in seconds; 0 without any. Above the highest bound, that.
    double quantile(double part) {
        long wanted = (long) Math.ceil(count() * part);
        long seen = 0;
        for (int i = 0; i < BOUNDS_NS.length; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return wanted == 0 ? 0 : BOUNDS_NS[i] / NS_PER_SECOND;
            }
        }
        return BOUNDS_NS[BOUNDS_NS.length - 1] / NS_PER_SECOND;
    }

    /// -1 where none has a name.
    long slowestNs() {
        return slowestNs;
    }

    long slowestAtNs() {
        return slowestAtNs;
    }

    /// Whether there is a slowest of the last minute.
    boolean hasSlowest(long nowNs) {
        return slowestNs >= 0 && nowNs - slowestAtNs <= REMEMBERED_NS;
    }

    String slowestWho() {
        return slowestWho;
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
