package io.chapar.broker.backup;

import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class StandStillTest {
    private static final int LOOPS = 3;
    private static final long LONG_MS = 60_000;

    private final Server server = new Server(LOOPS);
    private final List<NettyLoop> loops = server.loops();

    @AfterEach
    void close() {
        server.close();
    }

    private CompletableFuture<Boolean> moment(long mostMs, AtomicInteger first, AtomicInteger parts) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        StandStill.of(loops, mostMs, first::incrementAndGet, which -> {
            assertTrue(loops.get(which).inLoop());
            assertEquals(1, first.get());
            parts.incrementAndGet();
        }, done::complete);
        return done;
    }

    /// One loop is kept until the others wait for it: what it does before it comes is before everybody's part.
    @Test
    void nobodyTakesPartBeforeAllHaveCome() throws Exception {
        CountDownLatch kept = new CountDownLatch(1);
        AtomicInteger first = new AtomicInteger();
        AtomicInteger parts = new AtomicInteger();
        AtomicInteger seen = new AtomicInteger(-1);
        loops.getLast().execute(() -> {
            try {
                assertTrue(kept.await(90, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            seen.set(parts.get());
        });
        CompletableFuture<Boolean> done = moment(LONG_MS, first, parts);
        assertFalse(done.isDone());
        kept.countDown();
        assertTrue(done.get(90, TimeUnit.SECONDS));
        assertEquals(0, seen.get());
        assertEquals(LOOPS, parts.get());
    }

    @Test
    void whereOneDoesNotComeInTimeNobodyTakesPart() throws Exception {
        CountDownLatch kept = new CountDownLatch(1);
        AtomicInteger first = new AtomicInteger();
        AtomicInteger parts = new AtomicInteger();
        CompletableFuture<Void> othersGoOn = new CompletableFuture<>();
        loops.getLast().execute(() -> {
            try {
                assertTrue(kept.await(90, TimeUnit.SECONDS));
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        CompletableFuture<Boolean> done = moment(1, first, parts);
        loops.getFirst().execute(() -> othersGoOn.complete(null));
        othersGoOn.get(90, TimeUnit.SECONDS);
        kept.countDown();
        assertFalse(done.get(90, TimeUnit.SECONDS));
        assertEquals(0, parts.get());
        assertEquals(0, first.get());
        assertTrue(moment(LONG_MS, first, parts).get(90, TimeUnit.SECONDS));
    }
}
