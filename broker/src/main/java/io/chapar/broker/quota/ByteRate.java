package io.chapar.broker.quota;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// How far one client has used its quota of bytes: the time at which all that it has used so far is paid, at the rate
/// of its quota. Who is not behind may use at once what the quota gives in a number of windows; who used more waits for
/// as long as the excess takes. From any thread, on one clock.
final class ByteRate {
    /// What nobody waits longer for.
    static final long MOST_DEBT_NS = TimeUnit.HOURS.toNanos(1);

    private final AtomicLong paidAtNs;

    ByteRate(long nowNs) {
        paidAtNs = new AtomicLong(nowNs);
    }

    /// @param bytesPerSecond above 0
    /// @param atOnceNs for how long the quota may be used ahead
    /// @return how long the client has to wait until it is not ahead any more
    long use(long bytes, double bytesPerSecond, long atOnceNs, long nowNs) {
        double mostNs = atOnceNs + (double) MOST_DEBT_NS;
        long costNs = (long) Math.min(mostNs, bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        long paidNs = paidAtNs.updateAndGet(before -> {
            long fromNs = before - nowNs > 0 ? before : nowNs;
            long debtNs = Math.min(fromNs - nowNs + costNs, atOnceNs + MOST_DEBT_NS);
            return nowNs + debtNs;
        });
        return Math.max(0, paidNs - nowNs - atOnceNs);
    }

    /// Whether it is as if the client had never been here.
    boolean isPaid(long nowNs) {
        return paidAtNs.get() - nowNs <= 0;
    }
}
