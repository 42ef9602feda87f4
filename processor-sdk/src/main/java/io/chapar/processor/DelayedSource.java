package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/// A source that hands records of retry topics on when they are due. What is not due is not kept here: reading goes
/// back to it, and its partition is paused until then, while the others go on. On the runner's loop.
final class DelayedSource implements ForwardedSource {
    /// What was read for nothing is not read again sooner, so that records which fail one after the other do not cost a
    /// fetch each.
    private static final long LEAST_PAUSE_MS = 100;

    private final RecordSource source;
    private final RetryTopics retries;
    private final LongSupplier wallClock;
    private final TreeMap<TopicPartition, Long> pausedUntilMs = new TreeMap<>();
    /// Of partitions in which something waits.
    private final TreeMap<TopicPartition, Seen> seen = new TreeMap<>();

    /// Records up to this offset were read: they are due by then, whatever their own times say. Times that are far
    /// ahead would hold up all that comes after them.
    private record Seen(long offset, long dueMs) {
    }

    DelayedSource(RecordSource source, RetryTopics retries, LongSupplier wallClock) {
        this.source = source;
        this.retries = retries;
        this.wallClock = wallClock;
    }

    @Override
    public RecordSource source() {
        return source;
    }

    /// Until the next partition goes on; at least 1, [Long#MAX_VALUE] when none is paused.
    long untilDueMs() {
        long nowMs = wallClock.getAsLong();
        return pausedUntilMs.values().stream().mapToLong(untilMs -> Math.max(1, untilMs - nowMs)).min()
                .orElse(Long.MAX_VALUE);
    }

    @Override
    public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener) {
        if (retries.isEmpty()) {
            return source.poll(maxWaitMs, full, listener);
        }
        long nowMs = wallClock.getAsLong();
        pausedUntilMs.values().removeIf(untilMs -> untilMs <= nowMs);
        TreeSet<TopicPartition> paused = new TreeSet<>(full);
        paused.addAll(pausedUntilMs.keySet());
        return source.poll(Math.min(maxWaitMs, untilDueMs()), paused, new Watching(listener))
                .thenCompose(this::dueOnly);
    }

    private CompletableFuture<Polled> dueOnly(Polled polled) {
        long nowMs = wallClock.getAsLong();
        List<SourceRecord> due = new ArrayList<>();
        TreeMap<TopicPartition, OffsetAndMetadata> next = new TreeMap<>(polled.next());
        TreeMap<TopicPartition, OffsetAndMetadata> back = new TreeMap<>();
        TreeSet<TopicPartition> moved = new TreeSet<>();
        TreeMap<TopicPartition, Long> last = new TreeMap<>();
        for (SourceRecord record : polled.records()) {
            TopicPartition partition = record.partition();
            last.put(partition, record.offset());
            if (back.containsKey(partition)) {
                continue;
            }
            long leftMs = leftMs(record, nowMs);
            if (leftMs <= 0) {
                due.add(record);
                moved.add(partition);
                continue;
            }
            OffsetAndMetadata place = new OffsetAndMetadata(record.offset(), record.leaderEpoch(), "");
            back.put(partition, place);
            pausedUntilMs.put(partition, nowMs + Math.max(leftMs, LEAST_PAUSE_MS));
            if (moved.contains(partition)) {
                next.put(partition, place);
            } else {
                next.remove(partition);
            }
        }
        back.forEach((partition, place) -> remember(partition, place.offset(),
                last.getOrDefault(partition, place.offset()), nowMs));
        return back.isEmpty() ? CompletableFuture.completedFuture(polled)
                : source.seek(back).thenApply(there -> new Polled(due, next, polled.began()));
    }

    private long leftMs(SourceRecord record, long nowMs) {
        long leftMs = retries.leftMs(record, nowMs);
        Seen before = seen.get(record.partition());
        return before == null || record.offset() > before.offset() ? leftMs
                : Math.min(leftMs, before.dueMs() - nowMs);
    }

    private void remember(TopicPartition partition, long from, long to, long nowMs) {
        Seen before = seen.get(partition);
        if (before == null || from > before.offset()) {
            seen.put(partition, new Seen(to, nowMs + retries.delayMs(partition.topic())));
        }
    }

    private void forget(SortedSet<TopicPartition> partitions) {
        pausedUntilMs.keySet().removeAll(partitions);
        seen.keySet().removeAll(partitions);
    }

    @Override
    public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        pausedUntilMs.clear();
        return source.rewind();
    }

    @Override
    public CompletableFuture<Void> seek(Map<TopicPartition, OffsetAndMetadata> positions) {
        pausedUntilMs.keySet().removeAll(positions.keySet());
        return source.seek(positions);
    }

    @Override
    public CompletableFuture<Void> close(Rebalance listener) {
        return source.close(new Watching(listener));
    }

    private final class Watching implements Rebalance {
        private final Rebalance listener;

        Watching(Rebalance listener) {
            this.listener = listener;
        }

        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
            forget(partitions);
            listener.assigned(partitions);
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            listener.revoked(partitions, () -> {
                forget(partitions);
                done.run();
            });
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            forget(partitions);
            listener.lost(partitions);
        }

        @Override
        public void warned(ProcessorException what) {
            listener.warned(what);
        }
    }
}
