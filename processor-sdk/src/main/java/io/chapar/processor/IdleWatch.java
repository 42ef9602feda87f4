package io.chapar.processor;

import io.chapar.protocol.TopicPartition;

import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/// Notices polls that bring nothing while nobody comes or goes.
///
/// @param idle told how long such a poll would have waited
record IdleWatch(RecordSource source, BooleanSupplier stable, LongConsumer idle) implements ForwardedSource {
    @Override
    public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener) {
        boolean calm = stable.getAsBoolean();
        return source.poll(maxWaitMs, full, listener).thenApply(polled -> {
            if (polled.records().isEmpty() && polled.next().isEmpty() && calm) {
                idle.accept(maxWaitMs);
            }
            return polled;
        });
    }
}
