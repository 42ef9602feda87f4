package io.chapar.broker.metrics;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class DiskOutlookTest {
    private static final long HOUR_MS = 3_600_000;

    private final DiskOutlook disk = new DiskOutlook();

    @Test
    void aDiskThatFillsIsFullSometime() {
        disk.saw(0, 1_000);
        assertEquals(Double.POSITIVE_INFINITY, disk.secondsLeft(DiskOutlook.LEAST_MS - 1, 900), "too early to tell");
        disk.saw(HOUR_MS, 900);
        assertEquals(9 * 3_600, disk.secondsLeft(HOUR_MS, 900), 1e-6);
        assertEquals(Double.POSITIVE_INFINITY, disk.secondsLeft(HOUR_MS, 1_000), "nothing was taken");
        assertEquals(0, disk.secondsLeft(HOUR_MS, 0));
    }

    @Test
    void whatWasBeforeTodayDoesNotCount() {
        disk.saw(0, 1_000_000);
        for (int hour = 1; hour <= 40; hour++) {
            disk.saw(hour * HOUR_MS, 1_000 - hour);
        }
        assertEquals(960 * 3_600, disk.secondsLeft(40 * HOUR_MS, 960), 1);
    }
}
