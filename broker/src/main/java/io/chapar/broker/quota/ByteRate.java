package io.chapar.broker.quota;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import static java.util.Objects.requireNonNull;

/// How far one client has used its quota of bytes: the time at which all that it has used so far is paid, at the rate
/// of its quota. Who is not behind may use at once what the quota gives in a number of windows; who used more waits for
/// as long as the excess takes. From any thread, on one clock.
final class ByteRate {
    /// What nobody waits longer for.
    static final long MOST_DEBT_NS = TimeUnit.HOURS.toNanos(1);

    /// @param perSecond at which it is paid then; what is owed is bytes, which take another time at another rate
    private record Paid(long atNs, double perSecond) {
        long owedNs(double atRate, long nowNs) {
            long owedNs = Math.max(0, atNs - nowNs);
            return atRate == perSecond ? owedNs : (long) Math.min(owedNs * (perSecond / atRate), Long.MAX_VALUE / 4.0);
        }
    }

    private final AtomicReference<Paid> paid;

    ByteRate(long nowNs) {
        paid = new AtomicReference<>(new Paid(nowNs, 1));
    }

    /// @param bytesPerSecond above 0
    /// @param atOnceNs for how long the quota may be used ahead
    /// @return how long the client has to wait until it is not ahead any more
    long use(long bytes, double bytesPerSecond, long atOnceNs, long nowNs) {
        double mostNs = atOnceNs + (double) MOST_DEBT_NS;
        long costNs = (long) Math.min(mostNs, bytes / bytesPerSecond * TimeUnit.SECONDS.toNanos(1));
        Paid now = paid.updateAndGet(before -> new Paid(
                nowNs + Math.min(before.owedNs(bytesPerSecond, nowNs) + costNs, atOnceNs + MOST_DEBT_NS),
                bytesPerSecond));
        return Math.max(0, now.atNs() - nowNs - atOnceNs);
    }

    /// Whether it is as if the client had never been here.
    boolean isPaid(long nowNs) {
        return requireNonNull(paid.get(), "from the start").atNs() - nowNs <= 0;
    }
}
