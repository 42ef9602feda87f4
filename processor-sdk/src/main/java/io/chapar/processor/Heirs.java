package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// Where sinks come from whose transactions a database decides about. As [RecordSink.Factory], but what a predecessor
/// has left open stays open.
interface Heirs {
    /// `open`: the transaction of the predecessor, which the sink commits or aborts before anything else; null when
    /// there is none.
    record Heir(RecordSink sink, @Nullable String open) {
        /// `decided`: the transaction that is to be committed.
        CompletableFuture<Void> decide(@Nullable String decided) {
            return open == null ? CompletableFuture.completedFuture(null)
                    : open.equals(decided) ? sink.commit() : sink.abort();
        }
    }

    /// Fences whoever has had this transactional id.
    CompletableFuture<Heir> open(String transactionalId);
}
