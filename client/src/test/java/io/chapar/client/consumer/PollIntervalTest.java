package io.chapar.client.consumer;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PollIntervalTest {
    private final PollInterval polls = new PollInterval(100);

    @Test
    void aThreadThatWaitsInAPollIsNeverLate() {
        polls.entered(10);
        assertTrue(polls.isInPoll());
        assertFalse(polls.isOver(1_000_000));
        assertEquals(1_000_100, polls.nextCheckMs(1_000_000));
    }

    @Test
    void theTimeCountsFromTheEndOfThePoll() {
        polls.entered(10);
        polls.left(50);
        assertFalse(polls.isInPoll());
        assertFalse(polls.isOver(149));
        assertTrue(polls.isOver(150));
        assertEquals(150, polls.nextCheckMs(60), "and not before");
        polls.restart(150);
        assertFalse(polls.isOver(249));
        assertTrue(polls.isOver(250));
    }
}
