package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// What an instance reads of a [MemoryCluster], as a member of its group.
final class MemorySource implements RecordSource {
    private final MemoryCluster cluster;
    private final MemoryGroup group;
    private final MemoryGroup.Member member;
    private final String instance;
    private final int maxPollRecords;
    private final TreeMap<TopicPartition, Long> positions = new TreeMap<>();

    MemorySource(MemoryCluster cluster, String instance, int maxPollRecords) {
        this.cluster = cluster;
        group = cluster.group();
        member = group.member(instance);
        this.instance = instance;
        this.maxPollRecords = maxPollRecords;
    }

    @Override
    public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener) {
        List<SourceRecord> records = new ArrayList<>();
        TreeMap<TopicPartition, OffsetAndMetadata> moved = new TreeMap<>();
        TreeMap<TopicPartition, OffsetAndMetadata> began = new TreeMap<>();
        cluster.call(MemoryCluster.Call.POLL, instance, () -> {
            group.takePart(member, listener);
            positions.keySet().retainAll(member.owned());
            member.owned().forEach(partition -> begin(partition, began));
            TopicPartition next = next(full);
            while (next != null && records.size() < maxPollRecords) {
                fetch(next, 1, records, moved);
                next = next(full);
            }
            // What lies behind markers alone is passed too.
            positions.keySet().stream().filter(partition -> !full.contains(partition))
                    .forEach(partition -> fetch(partition, 0, records, moved));
        });
        return CompletableFuture.completedFuture(new Polled(records, moved, began));
    }

    private void begin(TopicPartition partition, Map<TopicPartition, OffsetAndMetadata> began) {
        if (member.isNew(partition) && !cluster.isUnstable(partition)) {
            OffsetAndMetadata committed = cluster.committed(partition);
            if (committed != null) {
                began.put(partition, committed);
            }
            positions.put(partition, start(partition));
            member.started(partition);
        }
    }

    /// Where the earliest record is that can be read; null when there is none.
    private @Nullable TopicPartition next(Set<TopicPartition> full) {
        TopicPartition next = null;
        long earliestMs = Long.MAX_VALUE;
        for (Map.Entry<TopicPartition, Long> position : positions.entrySet()) {
            List<SourceRecord> first = new ArrayList<>();
            if (!full.contains(position.getKey())) {
                cluster.read(position.getKey(), position.getValue(), 1, first);
            }
            if (!first.isEmpty() && (next == null || first.getFirst().timestampMs() < earliestMs)) {
                next = position.getKey();
                earliestMs = first.getFirst().timestampMs();
            }
        }
        return next;
    }

    private void fetch(TopicPartition partition, int atMost, List<SourceRecord> records,
            Map<TopicPartition, OffsetAndMetadata> moved) {
        long from = requireNonNull(positions.get(partition), "reading has begun");
        long next = cluster.read(partition, from, atMost, records);
        if (next > from) {
            positions.put(partition, next);
            moved.put(partition, new OffsetAndMetadata(next));
        }
    }

    private long start(TopicPartition partition) {
        OffsetAndMetadata position = cluster.committed(partition);
        return position == null ? 0 : position.offset();
    }

    @Override
    public CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> committing) {
        cluster.call(MemoryCluster.Call.COMMIT_POSITIONS, instance, () -> {
            group.requireCurrent(member.identity());
            cluster.commit(committing);
        });
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>();
        cluster.call(MemoryCluster.Call.REWIND, instance, () -> {
            for (TopicPartition partition : member.owned()) {
                requireStable(partition);
                OffsetAndMetadata position = cluster.committed(partition);
                if (position != null) {
                    found.put(partition, position);
                }
                positions.put(partition, start(partition));
                member.started(partition);
            }
        });
        return CompletableFuture.completedFuture(found);
    }

    @Override
    public CompletableFuture<SortedMap<TopicPartition, Stood>> committed(SortedSet<TopicPartition> partitions) {
        TreeMap<TopicPartition, Stood> found = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            requireStable(partition);
            found.put(partition, new Stood(cluster.committed(partition), TopicView.NO_ID));
        }
        return CompletableFuture.completedFuture(found);
    }

    private void requireStable(TopicPartition partition) {
        if (cluster.isUnstable(partition)) {
            throw new RetriableException(ErrorCode.UNSTABLE_OFFSET_COMMIT, partition + " is undecided");
        }
    }

    @Override
    public CompletableFuture<Void> seek(Map<TopicPartition, OffsetAndMetadata> committed) {
        committed.forEach((partition, position) -> {
            if (member.owned().contains(partition)) {
                positions.put(partition, position.offset());
                member.started(partition);
            }
        });
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<GroupMetadata> group() {
        return CompletableFuture.completedFuture(member.identity());
    }

    @Override
    public void wakeup() {
    }

    @Override
    public CompletableFuture<Void> close(Rebalance listener) {
        group.leave(member, listener);
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public void drop() {
    }
}
