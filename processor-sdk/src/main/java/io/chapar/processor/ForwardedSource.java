package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;

/// A source that hands on what another one polls, with something done besides; the rest is up to that one.
interface ForwardedSource extends RecordSource {
    RecordSource source();

    @Override
    default CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions) {
        return source().commit(positions);
    }

    @Override
    default CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        return source().rewind();
    }

    @Override
    default CompletableFuture<SortedMap<TopicPartition, Stood>> committed(SortedSet<TopicPartition> partitions) {
        return source().committed(partitions);
    }

    @Override
    default CompletableFuture<Void> seek(Map<TopicPartition, OffsetAndMetadata> positions) {
        return source().seek(positions);
    }

    @Override
    default CompletableFuture<GroupMetadata> group() {
        return source().group();
    }

    @Override
    default void wakeup() {
        source().wakeup();
    }

    @Override
    default CompletableFuture<Void> close(Rebalance listener) {
        return source().close(listener);
    }

    @Override
    default void drop() {
        source().drop();
    }
}
