package io.chapar.processor;

import java.util.concurrent.CompletableFuture;

/// Runs user code on one record. Called on the runner's loop, where the future ends too, perhaps before this returns.
/// Nothing but errors is thrown.
@FunctionalInterface
interface Work {
    CompletableFuture<Effect> on(SourceRecord record);
}
