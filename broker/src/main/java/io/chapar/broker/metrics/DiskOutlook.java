package io.chapar.broker.metrics;

import java.util.ArrayDeque;

/// When the disk is full if it goes on as in the last 24 hours, or as long as this broker has looked. On one thread at
/// a time.
final class DiskOutlook {
    private static final long EVERY_MS = 600_000;
    private static final long DAY_MS = 86_400_000;
    /// Before that nothing is said: a minute's burst is no rate.
    static final long LEAST_MS = 60_000;

    private final ArrayDeque<Look> looks = new ArrayDeque<>();

    private record Look(long atMs, long freeBytes) {}

    void saw(long nowMs, long freeBytes) {
        if (looks.isEmpty() || nowMs - looks.getLast().atMs() >= EVERY_MS) {
            looks.addLast(new Look(nowMs, freeBytes));
        }
        while (looks.size() > 1 && nowMs - looks.getFirst().atMs() > DAY_MS) {
            looks.removeFirst();
        }
    }

    /// Seconds until there is no room; infinite where it does not get less.
    double secondsLeft(long nowMs, long freeBytes) {
        Look first = looks.peekFirst();
        if (first == null || nowMs - first.atMs() < LEAST_MS || freeBytes >= first.freeBytes()) {
            return Double.POSITIVE_INFINITY;
        }
        double perMs = (double) (first.freeBytes() - freeBytes) / (nowMs - first.atMs());
        return freeBytes / perMs / 1e3;
    }
}
