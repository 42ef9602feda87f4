package io.chapar.client.producer;

import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class FlushesTest {
    private final Flushes flushes = new Flushes();

    @Test
    void waitsForWhatWasAcceptedBeforeAndNotForWhatCameAfter() {
        CompletableFuture<Void> first = flushes.begin(10);
        CompletableFuture<Void> second = flushes.begin(20);
        flushes.end(10);
        assertFalse(first.isDone(), "accepted in the same millisecond");
        flushes.end(11);
        assertTrue(first.isDone());
        assertFalse(second.isDone());
        assertFalse(flushes.isEmpty());
        flushes.end(Long.MAX_VALUE);
        assertTrue(second.isDone());
        assertTrue(flushes.isEmpty());
    }

    @Test
    void whoFlushesOnTheEndOfAFlushWaitsForTheNext() {
        CompletableFuture<Void> first = flushes.begin(10).thenCompose(done -> flushes.begin(30));
        flushes.end(20);
        assertFalse(first.isDone());
        flushes.end(31);
        assertTrue(first.isDone());
    }
}
