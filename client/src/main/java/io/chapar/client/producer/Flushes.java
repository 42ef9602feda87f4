package io.chapar.client.producer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Who waits until the records accepted before are acknowledged or have failed. Each ends once nothing is under way
/// that was accepted no later than it began; records that come after do not hold it up. On the loop only.
final class Flushes {
    private record Flush(long sinceMs, CompletableFuture<Void> done) {
    }

    private final List<Flush> open = new ArrayList<>();

    boolean isEmpty() {
        return open.isEmpty();
    }

    CompletableFuture<Void> begin(long nowMs) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        open.add(new Flush(nowMs, done));
        return done;
    }

    /// `oldestMs`: when the oldest record under way was accepted, [Long#MAX_VALUE] when none is.
    void end(long oldestMs) {
        for (Flush flush : List.copyOf(open)) {
            if (oldestMs > flush.sinceMs) {
                open.remove(flush);
                flush.done.complete(null);
            }
        }
    }
}
