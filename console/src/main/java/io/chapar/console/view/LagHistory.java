package io.chapar.console.view;

import io.chapar.client.ChaparException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/// How the lag of groups went over time. A group is followed from when somebody looked at it, until nobody has for an
/// hour; of too many, those that were looked at last. While none is followed, nothing runs.
final class LagHistory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LagHistory.class);
    private static final int MOST_GROUPS = 100;
    private static final int MOST_SAMPLES = 720;
    private static final long EVERY_MS = 5_000;
    /// Looking takes at most a part of the time.
    private static final long REST = 10;
    private static final long FORGET_NS = 3_600_000_000_000L;

    /// @param lag null where it was not known
    record Sample(long atMs, @Nullable Long lag, long held) {
    }

    private static final class Followed {
        private final String kind;
        private final ArrayDeque<Sample> samples = new ArrayDeque<>();
        private long lookedAtNs;

        private Followed(String kind) {
            this.kind = kind;
        }
    }

    private final ClusterLink cluster;
    private final ReentrantLock lock = new ReentrantLock();
    /// The one that was looked at longest ago first.
    private final LinkedHashMap<String, Followed> groups = new LinkedHashMap<>(16, 0.75f, true);
    private boolean running;
    private boolean closed;

    LagHistory(ClusterLink cluster) {
        this.cluster = cluster;
    }

    /// What is known of it so far, the oldest first; it is followed from now on.
    List<Sample> look(String group, String kind) {
        lock.lock();
        try {
            Followed one = groups.get(group);
            if (one == null || !one.kind.equals(kind)) {
                one = new Followed(kind);
                groups.put(group, one);
                if (groups.size() > MOST_GROUPS) {
                    groups.pollFirstEntry();
                }
            }
            one.lookedAtNs = System.nanoTime();
            if (!running && !closed) {
                running = true;
                Thread.ofVirtual().name("console-lag").start(this::run);
            }
            return List.copyOf(one.samples);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            for (Map<String, String> all = followed(); !all.isEmpty(); all = followed()) {
                long startNs = System.nanoTime();
                sample(all);
                long tookMs = (System.nanoTime() - startNs) / 1_000_000;
                Thread.sleep(Math.max(EVERY_MS, REST * tookMs));
            }
        } catch (InterruptedException e) {
            stopped();
        } catch (RuntimeException e) {
            LOG.warn("The lag of groups is not sampled until somebody looks at one again", e);
            stopped();
        }
    }

    private void stopped() {
        lock.lock();
        try {
            running = false;
        } finally {
            lock.unlock();
        }
    }

    /// Those still to be followed, by group with their kinds; where there are none, this stops.
    private Map<String, String> followed() {
        lock.lock();
        try {
            long nowNs = System.nanoTime();
            groups.values().removeIf(one -> nowNs - one.lookedAtNs > FORGET_NS);
            Map<String, String> all = new LinkedHashMap<>();
            if (!closed) {
                groups.forEach((group, one) -> all.put(group, one.kind));
            }
            running = !all.isEmpty();
            return all;
        } finally {
            lock.unlock();
        }
    }

    private void sample(Map<String, String> all) {
        Map<String, GroupLag> lags = new LinkedHashMap<>();
        for (Map.Entry<String, String> one : all.entrySet()) {
            try {
                lags.putAll(GroupLag.of(cluster, Map.of(one.getKey(), one.getValue())));
            } catch (ChaparException e) {
                LOG.debug("The lag of group {} is not known at present", one.getKey(), e);
                lags.put(one.getKey(), GroupLag.unknown(one.getKey()));
            }
        }
        long nowMs = System.currentTimeMillis();
        lock.lock();
        try {
            // Entries as they are: who samples does not look.
            List<Map.Entry<String, Followed>> known = new ArrayList<>(groups.entrySet());
            for (Map.Entry<String, Followed> one : known) {
                GroupLag lag = lags.get(one.getKey());
                if (lag != null) {
                    ArrayDeque<Sample> samples = one.getValue().samples;
                    samples.addLast(new Sample(nowMs, lag.lag(), lag.held()));
                    if (samples.size() > MOST_SAMPLES) {
                        samples.removeFirst();
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }
}
