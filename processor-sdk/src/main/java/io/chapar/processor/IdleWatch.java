package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/// Notices polls that bring nothing while nobody comes or goes.
///
/// @param idle told how long such a poll would have waited
record IdleWatch(RecordSource source, BooleanSupplier stable, LongConsumer idle) implements RecordSource {
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

    @Override
    public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        return source.commit(positions);
    }

    @Override
    public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        return source.rewind();
    }

    @Override
    public CompletableFuture<Void> seek(Map<TopicPartition, OffsetAndMetadata> positions) {
        return source.seek(positions);
    }

    @Override
    public CompletableFuture<GroupMetadata> group() {
        return source.group();
    }

    @Override
    public void wakeup() {
        source.wakeup();
    }

    @Override
    public CompletableFuture<Void> close(Rebalance listener) {
        return source.close(listener);
    }

    @Override
    public void drop() {
        source.drop();
    }
}
