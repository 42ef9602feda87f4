package io.chapar.broker.budget;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class RarerLinesTest {
    private final RarerLines lines = new RarerLines();

    private List<Long> saidAt(long fromMs, long toMs, long everyMs) {
        List<Long> said = new ArrayList<>();
        for (long now = fromMs; now <= toMs; now += everyMs) {
            if (lines.line(now) != null) {
                said.add(now);
            }
        }
        return said;
    }

    @Test
    void whatGoesOnIsSaidEverMoreSeldomAndNeverNotAtAll() {
        assertEquals(List.of(0L, 1_000L, 3_000L, 7_000L, 15_000L, 31_000L, 63_000L, 127_000L, 191_000L, 255_000L),
                saidAt(0, 256_000, 250));
    }

    @Test
    void whatWasLeftOutIsCounted() {
        long before = LogBudget.leftOut();
        assertEquals("", lines.line(10_000));
        assertNull(lines.line(10_100));
        assertNull(lines.line(10_200));
        assertEquals(" (2 more such lines were left out)", lines.line(11_000));
        assertEquals("", lines.line(13_000));
        assertTrue(LogBudget.leftOut() - before >= 2, "tests beside this one may leave out lines too");
    }

    @Test
    void itBeginsAnewAfterAQuietTime() {
        saidAt(0, 100_000, 500);
        assertEquals(List.of(200_000L, 201_000L, 203_000L), saidAt(200_000, 204_000, 500));
    }

    @Test
    void itBeginsAnewOnceItWasOver() {
        saidAt(0, 100_000, 500);
        lines.over();
        assertEquals(List.of(100_500L, 102_500L), saidAt(100_500, 103_000, 500));
        lines.over();
        assertEquals(List.of(103_500L), saidAt(103_100, 105_000, 100), "a second behind the last one");
    }

    @Test
    void aClockThatIsSetBackSilencesNothing() {
        saidAt(1_000_000, 1_100_000, 500);
        assertEquals(List.of(5_000L, 6_000L), saidAt(5_000, 7_000, 500));
    }
}
