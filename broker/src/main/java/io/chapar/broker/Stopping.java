package io.chapar.broker;

import io.chapar.broker.runtime.Loop;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// What is done on loops while a broker stops. From a thread that is no loop.
final class Stopping {
    private static final Logger LOG = LoggerFactory.getLogger(Stopping.class);
    private static final long MOST_SECONDS = 60;

    private Stopping() {}

    static CompletableFuture<Void> onLoop(Loop loop, Runnable task) {
        return onLoop(loop, () -> {
            task.run();
            return true;
        }).thenAccept(_ -> { });
    }

    static <T> CompletableFuture<T> onLoop(Loop loop, Supplier<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                done.complete(task.get());
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    /// What does not end in time, or fails, is said in the log, and the stop goes on.
    ///
    /// @param otherwise the outcome then
    static <T> T ends(CompletableFuture<T> done, T otherwise) {
        try {
            return done.orTimeout(MOST_SECONDS, TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            LOG.error("Part of the broker did not stop cleanly", e);
            return otherwise;
        }
    }
}
