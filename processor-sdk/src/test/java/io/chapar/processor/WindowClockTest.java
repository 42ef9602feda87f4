package io.chapar.processor;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class WindowClockTest {
    private static final byte[] PLACE = {'e', 1, 2};

    @Test
    void rowsOfEarlierVersionsAreRead() {
        byte[] time = ByteBuffer.allocate(Long.BYTES).putLong(1_000).array();
        WindowClock clock = WindowClock.of(time, 200);
        assertEquals(1_000, clock.timeMs());
        assertEquals(800, clock.keptMs());
        assertEquals(800, clock.closedMs());
        assertNull(clock.due());
        WindowClock due = WindowClock.of(KeyRows.joined(time, PLACE), 200);
        assertEquals(800, due.closedMs());
        assertArrayEquals(PLACE, due.due());
    }

    @Test
    void whatHasClosedStaysClosed() {
        WindowClock kept = WindowClock.of(new WindowClock(1_000, 700, 800, PLACE).row(), 500);
        assertEquals(1_000, kept.timeMs());
        assertEquals(800, kept.keptMs());
        assertEquals(800, kept.closedMs());
        assertArrayEquals(PLACE, kept.due());
        assertFalse(kept.at(1_200, 500).hasClosedMore());
        assertEquals(900, kept.at(1_400, 500).closedMs());
        assertEquals(1_400, kept.at(1_400, 500).at(3, 500).timeMs());
    }

    @Test
    void lessGraceClosesMore() {
        WindowClock kept = WindowClock.of(new WindowClock(1_000, 800, 800, null).row(), 50);
        assertEquals(800, kept.keptMs());
        assertEquals(950, kept.closedMs());
        assertTrue(kept.hasClosedMore());
        assertNull(kept.due());
    }
}
