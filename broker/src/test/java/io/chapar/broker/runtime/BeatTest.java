package io.chapar.broker.runtime;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class BeatTest {
    @Test
    void itIsTheSameForWhoeverAsksAboutTheSameTime() {
        assertEquals(10_500, Beat.before(10_999, 10_000));
        assertEquals(10_500, Beat.before(10_500, 10_499));
        assertEquals(-500, Beat.before(-1, -900));
    }

    @Test
    void whatIsDueBeforeTheNextOneIsDueThen() {
        assertEquals(10_400, Beat.before(10_400, 10_000));
        assertEquals(10_499, Beat.before(10_499, 10_001));
    }
}
