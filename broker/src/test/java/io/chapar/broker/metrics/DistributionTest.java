package io.chapar.broker.metrics;

import org.junit.jupiter.api.Test;

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
}
