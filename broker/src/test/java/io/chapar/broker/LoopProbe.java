package io.chapar.broker;

import io.chapar.broker.net.NettyLoop;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.List;

/// How long the loops of a broker work without a break: how much processor time each took between two runs of a timer.
/// That is the same on a machine that does other things too.
public final class LoopProbe {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final List<Watched> watched;

    /// From now on, until the broker ends.
    public LoopProbe(Broker broker) {
        watched = broker.loops().stream().map(Watched::new).toList();
    }

    /// The longest turn of any loop since the last time it was asked, in milliseconds of processor time.
    public long longestMs() {
        return watched.stream().mapToLong(Watched::takeLongestNs).max().orElseThrow() / 1_000_000;
    }

    private static final class Watched {
        private final NettyLoop loop;
        private long beforeNs;
        private long longestNs;

        Watched(NettyLoop loop) {
            this.loop = loop;
            loop.execute(() -> {
                beforeNs = THREADS.getCurrentThreadCpuTime();
                loop.schedule(1, this::look);
            });
        }

        private void look() {
            long nowNs = THREADS.getCurrentThreadCpuTime();
            synchronized (this) {
                longestNs = Math.max(longestNs, nowNs - beforeNs);
            }
            beforeNs = nowNs;
            loop.schedule(1, this::look);
        }

        private synchronized long takeLongestNs() {
            long longest = longestNs;
            longestNs = 0;
            return longest;
        }
    }
}
