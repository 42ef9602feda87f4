package io.chapar.broker.metrics;

import io.chapar.protocol.message.ApiKey;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

class LastMinuteTest {
    private static final long MS = 1_000_000;

    private final TrafficMeters traffic = new TrafficMeters();
    private final LastMinute minute = new LastMinute();

    private LastMinute.Rates rebalances(long nowMs, int... epochs) {
        Totals totals = look();
        for (int i = 0; i < epochs.length; i++) {
            totals.add(new GroupFigures("g" + i, "classic", "Stable", 2, epochs[i], new TreeMap<>()));
        }
        LastMinute.Rates rates = minute.rates(nowMs, totals);
        minute.saw(nowMs, totals);
        return rates;
    }

    /// One whose coordinator came just now has not had all its rebalances in the last minute.
    @Test
    void rebalancesCountFromWhereAGroupWasSeenFirst() {
        rebalances(0, 7);
        assertEquals(List.of(new LastMinute.Rebalances("g0", 2, 3)), rebalances(5_000, 10, 500).rebalances());
        assertEquals(List.of(new LastMinute.Rebalances("g1", 2, 4), new LastMinute.Rebalances("g0", 2, 3)),
                rebalances(10_000, 10, 504).rebalances());
        rebalances(70_000, 10, 504);
        assertEquals(List.of(), rebalances(75_000, 10, 504).rebalances());
    }

    private Totals look() {
        Totals totals = new Totals();
        totals.add(traffic);
        return totals;
    }

    private void answered(ApiKey api, int times, long ms) {
        for (int i = 0; i < times; i++) {
            traffic.answered(api, (short) 0, 0, ms * MS, "c", 0);
        }
    }

    @Test
    void ratesAreOfTheLastMinuteAlone() {
        answered(ApiKey.PRODUCE, 1_000, 900);
        assertEquals(0, minute.rates(0, look()).requestsPerSecond(), "of what time is not known");
        minute.saw(0, look());
        answered(ApiKey.PRODUCE, 100, 2);
        answered(ApiKey.FETCH, 50, 500);
        LastMinute.Rates rates = minute.rates(10_000, look());
        assertEquals(15, rates.requestsPerSecond(), 1e-9);
        assertEquals(0.0025, rates.p99Seconds(), "fetches wait, which is no fault of the broker's");
        assertEquals(ApiKey.PRODUCE, rates.apis().getFirst().key());
        assertEquals(0.5, rates.apis().getLast().p99Seconds());
        for (int second = 10; second <= 120; second += 10) {
            minute.saw(second * 1_000L, look());
        }
        assertEquals(0, minute.rates(120_000, look()).requestsPerSecond(), "nothing happened for a minute");
    }
}
