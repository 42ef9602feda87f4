package io.chapar.broker;

import io.chapar.broker.metrics.ClusterFigures;
import io.chapar.broker.metrics.Observatory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.function.Supplier;

/// The one observatory of a broker. It begins to look, every few seconds, when somebody first wants to know; a broker
/// that nobody asks has no thread for it. From any thread.
final class Watch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final long GLANCE_MS = 10_000;

    private final Supplier<Measuring> measuring;
    private final Supplier<ClusterFigures> cluster;
    private @Nullable Observatory observatory;
    private @Nullable Thread glancing;

    /// Who is asked for nothing before somebody wants to know something.
    Watch(Supplier<Measuring> measuring, Supplier<ClusterFigures> cluster) {
        this.measuring = measuring;
        this.cluster = cluster;
    }

    synchronized Observatory observatory() {
        Observatory known = observatory;
        if (known != null) {
            return known;
        }
        Measuring looks = measuring.get();
        looks.watchDelays();
        Observatory first = new Observatory(looks::look, cluster);
        observatory = first;
        glancing = Thread.ofVirtual().name("glance").start(() -> glanceOnAndOn(first));
        return first;
    }

    private static void glanceOnAndOn(Observatory observatory) {
        while (true) {
            try {
                Thread.sleep(GLANCE_MS);
                observatory.glance();
            } catch (InterruptedException e) {
                return; // it is closed
            } catch (RuntimeException e) {
                LOG.warn("A look at the broker failed, and is done again in {} ms", GLANCE_MS, e);
            }
        }
    }

    @Override
    public synchronized void close() {
        if (glancing != null) {
            glancing.interrupt();
        }
    }
}
