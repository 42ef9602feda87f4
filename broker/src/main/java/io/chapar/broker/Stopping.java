package io.chapar.broker;

import io.chapar.broker.runtime.Loop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// What is done on loops while a broker stops. From a thread that is no loop.
final class Stopping {
    private static final Logger LOG = LoggerFactory.getLogger(Stopping.class);
    private static final long MOST_SECONDS = 60;

    private Stopping() {}

    static CompletableFuture<Void> onLoop(Loop loop, Runnable task) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                task.run();
                done.complete(null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /// What does not end in time, or fails, is said in the log, and the stop goes on.
    static void await(CompletableFuture<Void> done) {
        try {
            done.orTimeout(MOST_SECONDS, TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            LOG.error("Part of the broker did not stop cleanly", e);
        }
    }
}
