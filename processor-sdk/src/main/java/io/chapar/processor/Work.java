package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;

/// Runs user code on one record. Called on the runner's loop, where the future ends too, perhaps before this returns.
/// Nothing but errors of this program is thrown.
@FunctionalInterface
interface Work {
    /// `refused`: what is known of earlier attempts whose outputs were refused; null when there is nothing.
    CompletableFuture<Effect> on(SourceRecord record, @Nullable Refused refused, TaskState state);
}
