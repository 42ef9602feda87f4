package io.chapar.broker.metrics;

import io.chapar.broker.metrics.GroupLag.Bounds;
import io.chapar.broker.runtime.ProcessClock;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/// Looks at the broker for all who want to know, one look at a time: whoever comes while one is under way gets what the
/// next one finds, however many they are; also where that is nothing, since a loop does not answer. From any thread but
/// the loops, for it blocks.
public final class Observatory {
    private final Supplier<Totals> look;
    private final Supplier<ClusterFigures> cluster;
    private final LagTimes times = new LagTimes();
    private final LastMinute minute = new LastMinute();
    private final DiskOutlook disk = new DiskOutlook();
    private @Nullable Observed last;
    /// Why the last look found nothing; null where it did.
    private @Nullable RuntimeException failure;
    private long lastBegunNs;

    /// @param look looks at every loop; blocks
    public Observatory(Supplier<Totals> look, Supplier<ClusterFigures> cluster) {
        this.look = look;
        this.cluster = cluster;
    }

    /// What is so now: not earlier than this call.
    Observed now() {
        return begunAfter(System.nanoTime());
    }

    /// Looks, so that what is told of time is known as far back as this was done. To be called every few seconds.
    public void glance() {
        var _ = now();
    }

    private synchronized Observed begunAfter(long askedNs) {
        if (lastBegunNs - askedNs >= 0) {
            RuntimeException why = failure;
            if (why != null) {
                throw new IllegalStateException("The look that was shared failed", why);
            }
            Observed known = last;
            if (known != null) {
                return known;
            }
        }
        long begunNs = System.nanoTime();
        try {
            Observed found = observed(look.get());
            last = found;
            failure = null;
            lastBegunNs = begunNs;
            return found;
        } catch (RuntimeException e) {
            failure = e;
            lastBegunNs = begunNs;
            throw e;
        }
    }

    private Observed observed(Totals totals) {
        long nowMs = ProcessClock.nowMs();
        disk.saw(nowMs, totals.freeBytes());
        Observed found = new Observed(totals, cluster.get(),
                GroupLag.all(totals, bounds(totals), times, nowMs), minute.rates(nowMs, totals),
                disk.secondsLeft(nowMs, totals.freeBytes()), nowMs);
        minute.saw(nowMs, totals);
        return found;
    }

    private static Map<TopicPartition, Bounds> bounds(Totals totals) {
        Map<TopicPartition, Bounds> bounds = new TreeMap<>();
        totals.elsewhere().forEach((id, ends) ->
                bounds.put(id, new Bounds(0, ends.highWatermark(), ends.stable())));
        totals.figures().stream().filter(PartitionFigures::isLed).forEach(one ->
                bounds.put(one.id(), new Bounds(one.logStart(), one.highWatermark(), one.stable())));
        return bounds;
    }
}
