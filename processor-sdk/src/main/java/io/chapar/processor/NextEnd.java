package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// The next end of work on some record, for whoever waits for it. On the runner's loop.
final class NextEnd {
    /// Null when nobody waits.
    private @Nullable CompletableFuture<Void> awaited;

    CompletableFuture<Void> await() {
        CompletableFuture<Void> end = awaited == null ? new CompletableFuture<>() : awaited;
        awaited = end;
        return end;
    }

    void came() {
        CompletableFuture<Void> end = awaited;
        awaited = null;
        if (end != null) {
            end.complete(null);
        }
    }
}
