package io.chapar.broker.metrics;

import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

class DistributionTest {
    private static final long MS = 1_000_000;

    @Test
    void aQuantileIsTheBoundBelowWhichThatPartFell() {
        Distribution all = new Distribution();
        assertEquals(0, all.quantile(0.99));
        for (int i = 0; i < 99; i++) {
            all.record(MS / 2);
        }
        all.record(20 * MS);
        assertEquals(0.0005, all.quantile(0.99));
        assertEquals(0.025, all.quantile(1));
        all.record(3_600_000 * MS);
        assertEquals(10, all.quantile(1), "the highest bound");
        assertEquals(101, all.count());
    }

    @Test
    void whatCameSinceIsTheDifference() {
        Distribution before = new Distribution();
        before.record(20 * MS);
        Distribution now = new Distribution();
        now.add(before);
        now.record(MS / 2);
        assertEquals(0.0005, now.since(before).quantile(1));
        assertEquals(1, now.since(before).count());
    }

    @Test
    void theSlowestOfTheLastMinuteIsKnownByName() {
        Distribution all = new Distribution();
        all.record(5 * MS, "slow", 0);
        all.record(MS, "fast", MS);
        assertEquals("slow", all.slowestWho());
        all.record(MS, "later", 60_001 * MS);
        assertEquals("later", all.slowestWho());
        Distribution sum = new Distribution();
        sum.add(all);
        assertEquals("later", sum.slowestWho());
        assertEquals(MS, sum.slowestNs());
    }

    @Test
    void whatWasSlowLongAgoIsNotTheSlowestOfAll() {
        Distribution idle = new Distribution();
        idle.record(5_000 * MS, "long ago", 0);
        Distribution busy = new Distribution();
        busy.record(MS, "now", 60_001 * MS);
        for (List<Distribution> order : List.of(List.of(idle, busy), List.of(busy, idle))) {
            Distribution sum = new Distribution();
            order.forEach(sum::add);
            assertEquals("now", sum.slowestWho());
        }
    }

    @Test
    void nobodyIsToldOfWhereNothingCameForAMinute() {
        Distribution idle = new Distribution();
        idle.record(5_000 * MS, "long ago", System.nanoTime() - 61_000 * MS);
        Distribution busy = new Distribution();
        busy.record(MS, "now", System.nanoTime());
        Snapshots out = new Snapshots();
        out.histograms("busy", "", "who", Map.of(Labels.EMPTY, busy));
        out.histograms("idle", "", "who", Map.of(Labels.EMPTY, idle));
        assertEquals(List.of(1, 0), out.done().stream().map(one -> one.getDataPoints().getFirst())
                .map(one -> ((HistogramSnapshot.HistogramDataPointSnapshot) one).getExemplars().size()).toList());
    }
}
