package io.chapar.console.web;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertTrue;

class DeadlinesTest {
    @Test
    void onceItIsClosedEveryTimeIsOver() {
        Deadlines deadlines = new Deadlines();
        deadlines.close();
        try (var _ = deadlines.seconds(3_600)) {
            assertTrue(Thread.interrupted());
        }
    }
}
