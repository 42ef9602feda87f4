package io.chapar.broker.net;

import io.chapar.broker.runtime.Loop;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertFalse;

class LongWorkAsideTest {
    private final Server server = new Server(1);
    private final CountDownLatch held = new CountDownLatch(1);

    @AfterEach
    void stop() {
        held.countDown();
        server.close();
    }

    private void untilReleased() {
        try {
            held.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Groups of strangers would keep a broker from hearing of its cluster's metadata, and readers from their records.
    @Test
    void whatTakesLongHoldsUpNothingElseThatIsDoneAside() throws Exception {
        CompletableFuture<Void> other = new CompletableFuture<>();
        CompletableFuture<Void> longOne = new CompletableFuture<>();
        Loop loop = server.loops().getFirst();
        loop.execute(() -> {
            loop.asideForLong(this::untilReleased, () -> longOne.complete(null));
            loop.aside(() -> { }, () -> other.complete(null));
        });
        other.get(90, TimeUnit.SECONDS);
        assertFalse(longOne.isDone());
        held.countDown();
        longOne.get(90, TimeUnit.SECONDS);
    }
}
