package io.chapar.cli.process;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class ProcessStatTest {
    private static ProcessStat read(char state, int threads) {
        return ProcessStat.read("4711 (a) R (b) ) " + state + " 1".repeat(16) + ' ' + threads + " 0 98765 0 0");
    }

    @Test
    void theNameOfAProcessMayContainAnything() {
        assertEquals(new ProcessStat('T', 3, 98765), read('T', 3));
    }

    /// The first of its threads may end before those that hold its ports.
    @Test
    void aProcessHasEndedWhenItsLastThreadHas() {
        for (Object[] each : new Object[][] {{'R', 1, false}, {'S', 9, false}, {'T', 1, false}, {'Z', 2, false},
                {'X', 2, false}, {'Z', 1, true}, {'Z', 0, true}, {'X', 0, true}}) {
            assertEquals(each[2], read((char) each[0], (int) each[1]).isEnded(), each[0] + " " + each[1]);
        }
    }
}
