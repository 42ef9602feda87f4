package io.chapar.broker.metrics;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LagTimesTest {
    private static final TopicPartition ID = new TopicPartition("t", 0);

    private final LagTimes times = new LagTimes();

    @Test
    void whatIsMissedIsAsOldAsTheGrowthThatBroughtIt() {
        times.saw(ID, 0, 100);
        times.saw(ID, 10_000, 100);
        times.saw(ID, 20_000, 200);
        times.saw(ID, 30_000, 200);
        assertEquals(0, times.seconds(ID, 200, 30_000), "nothing is missed");
        assertEquals(20, times.seconds(ID, 100, 30_000), 1e-9, "it came after the second look");
        assertEquals(15, times.seconds(ID, 150, 30_000), 1e-9, "between the two");
        assertEquals(30, times.seconds(ID, 99, 30_000), "it was there at the first look");
        assertEquals(0, times.seconds(new TopicPartition("t", 1), 0, 30_000), "nobody looked");
    }

    @Test
    void manyQuietLooksTakeNoRoomFromOthers() {
        times.saw(ID, 0, 1);
        for (int i = 1; i <= 10 * LagTimes.KEPT; i++) {
            times.saw(ID, i * 1_000L, 1);
        }
        long end = (10L * LagTimes.KEPT + 1) * 1_000;
        times.saw(ID, end, 2);
        assertEquals(1, times.seconds(ID, 1, end), 1e-9);
    }

    @Test
    void theOlderItIsTheLessExactlyItIsKnown() {
        for (int i = 0; i <= 5_000; i++) {
            times.saw(ID, i * 1_000L, i);
        }
        for (int missed : new int[] {10, 100, 1_000, 3_000}) {
            double seconds = times.seconds(ID, 5_000 - missed, 5_000_000);
            assertTrue(Math.abs(seconds - missed) <= Math.max(2, missed / 10.0), missed + " was " + seconds);
        }
    }

    @Test
    void whatIsNotReadAnyMoreIsForgottenAndACutLogBeginsAnew() {
        times.saw(ID, 0, 100);
        times.saw(ID, 1_000, 50);
        times.saw(ID, 2_000, 60);
        assertEquals(2, times.seconds(ID, 50, 3_000), 1e-9);
        times.keep(Set.of());
        assertEquals(0, times.seconds(ID, 50, 3_000));
    }
}
