package io.chapar.broker.net;

import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Says why connections are closed, at most once a second for the whole process, so that hostile bytes do not fill
/// the log.
final class Refusals {
    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final AtomicLong LAST_NS = new AtomicLong(System.nanoTime() - INTERVAL_NS);
    private static final AtomicLong UNSAID = new AtomicLong();

    private Refusals() {}

    static void log(Channel channel, String reason) {
        log(channel, reason, null);
    }

    /// At most once a second too.
    static void logPause(long ms, Throwable cause) {
        if (mayLog()) {
            LOG.warn("No connection can be accepted, and none is for {} ms: {}", ms, cause.toString());
        }
    }

    private static boolean mayLog() {
        long now = System.nanoTime();
        long last = LAST_NS.get();
        return now - last >= INTERVAL_NS && LAST_NS.compareAndSet(last, now);
    }

    static void log(Channel channel, String reason, @Nullable Throwable cause) {
        if (!mayLog()) {
            UNSAID.incrementAndGet();
            return;
        }
        long unsaid = UNSAID.getAndSet(0);
        String more = unsaid == 0 ? "" : " (" + unsaid + " more such closings were not logged)";
        if (cause == null) {
            LOG.warn("Closing the connection from {}: {}{}", channel.remoteAddress(), reason, more);
        } else {
            LOG.error("Closing the connection from {}: {}{}", channel.remoteAddress(), reason, more, cause);
        }
    }
}
