package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// A source whose positions are in a database ([Ledger]). The group shares partitions out; before the first record of a
/// partition is handed on it is claimed there, and goes on where the database says. What the group knows of positions
/// is a mirror, for people and tools, and marked as one ([MirrorMark]); where it counts, [Claimed] says.
final class LedgerSource implements ForwardedSource {
    /// Hears of what the database has committed.
    interface Mirror {
        /// The database has no positions.
        Mirror NONE = new Mirror() {
            @Override
            public Map<TopicPartition, OffsetAndMetadata> marked(Map<TopicPartition, OffsetAndMetadata> positions) {
                return positions;
            }

            @Override
            public CompletableFuture<Void> moved(Map<TopicPartition, OffsetAndMetadata> positions) {
                return DONE;
            }
        };

        /// As the database and the group are told them.
        Map<TopicPartition, OffsetAndMetadata> marked(Map<TopicPartition, OffsetAndMetadata> positions);

        /// Does not fail. What the group could not be told now it is told at a later poll.
        CompletableFuture<Void> moved(Map<TopicPartition, OffsetAndMetadata> positions);
    }

    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    private final RecordSource source;
    private final Ledger ledger;
    private final @Nullable Settlement settlement;
    private final OpenTransaction open;
    private final TreeSet<TopicPartition> owned = new TreeSet<>();
    private final TreeSet<TopicPartition> unclaimed = new TreeSet<>();
    /// Read, and not handed on before the claim.
    private final List<SourceRecord> records = new ArrayList<>();
    private final TreeMap<TopicPartition, OffsetAndMetadata> next = new TreeMap<>();
    private final TreeMap<TopicPartition, OffsetAndMetadata> began = new TreeMap<>();
    /// Of those that were claimed.
    private final TreeMap<TopicPartition, UUID> topicIds = new TreeMap<>();
    /// Of which the group has not been told; marked.
    private final TreeMap<TopicPartition, OffsetAndMetadata> unmirrored = new TreeMap<>();

    /// `settlement` null: without two phases, so that nothing is ever `open`.
    LedgerSource(RecordSource source, Ledger ledger, @Nullable Settlement settlement, OpenTransaction open) {
        this.open = open;
        this.settlement = settlement;
        this.source = source;
        this.ledger = ledger;
    }

    @Override
    public RecordSource source() {
        return source;
    }

    Mirror mirror() {
        return new Mirror() {
            @Override
            public Map<TopicPartition, OffsetAndMetadata> marked(Map<TopicPartition, OffsetAndMetadata> positions) {
                return LedgerSource.this.marked(positions);
            }

            @Override
            public CompletableFuture<Void> moved(Map<TopicPartition, OffsetAndMetadata> positions) {
                unmirrored.putAll(positions);
                return tellGroup();
            }
        };
    }

    private SortedMap<TopicPartition, OffsetAndMetadata> marked(Map<TopicPartition, OffsetAndMetadata> positions) {
        TreeMap<TopicPartition, OffsetAndMetadata> marked = new TreeMap<>();
        positions.forEach((partition, position) -> marked.put(partition,
                MirrorMark.on(position, topicIds.getOrDefault(partition, TopicView.NO_ID))));
        return marked;
    }

    private static Map<TopicPartition, OffsetAndMetadata> unmarked(Map<TopicPartition, OffsetAndMetadata> positions) {
        TreeMap<TopicPartition, OffsetAndMetadata> own = new TreeMap<>();
        positions.forEach((partition, position) -> own.put(partition, MirrorMark.without(position)));
        return own;
    }

    private CompletableFuture<Void> tellGroup() {
        unmirrored.keySet().retainAll(owned);
        if (unmirrored.isEmpty()) {
            return DONE;
        }
        TreeMap<TopicPartition, OffsetAndMetadata> telling = new TreeMap<>(unmirrored);
        CompletableFuture<Void> told;
        try {
            told = source.commit(telling);
        } catch (ChaparException e) {
            told = CompletableFuture.failedFuture(e);
        }
        // The members of the group show at the next poll, and a broker that is away as well.
        return told.handle((nothing, failure) -> {
            if (failure == null) {
                telling.forEach(unmirrored::remove);
            }
            return null;
        });
    }

    /// While partitions are not claimed nothing more is read.
    @Override
    public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener) {
        boolean claiming = !unclaimed.isEmpty();
        SortedSet<TopicPartition> paused = claiming ? new TreeSet<>(owned) : full;
        return tellGroup().thenCompose(told -> source.poll(claiming ? 0 : maxWaitMs, paused, new Watching(listener)))
                .thenCompose(this::keep);
    }

    private CompletableFuture<Polled> keep(Polled polled) {
        records.addAll(polled.records());
        next.putAll(polled.next());
        began.putAll(unmarked(polled.began()));
        return claimed().thenApply(nothing -> take());
    }

    /// Every partition is claimed, and what former holders of them have left open is ended.
    CompletableFuture<Void> claimed() {
        if (unclaimed.isEmpty()) {
            return DONE;
        }
        TreeSet<TopicPartition> claimed = new TreeSet<>(unclaimed);
        return claim(claimed).thenCompose(found -> source.seek(found).thenAccept(there -> {
            unclaimed.removeAll(claimed);
            // These were read from elsewhere.
            drop(found.keySet());
            began.putAll(found);
            unmirrored.putAll(marked(found));
        }));
    }

    private CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(
            SortedSet<TopicPartition> partitions) {
        return inDatabase(partitions).thenCompose(found -> source.committed(partitions).thenCompose(stood -> {
            stood.forEach((partition, one) -> topicIds.put(partition, one.topicId()));
            Claimed claimed = Claimed.of(found, stood);
            return agree(claimed).thenApply(agreed -> claimed.found());
        }));
    }

    private CompletableFuture<Void> agree(Claimed claimed) {
        CompletableFuture<Void> moved = claimed.newer().isEmpty() ? DONE
                : ledger.commit(List.of(), marked(claimed.newer()), null);
        return claimed.unmarked().isEmpty() ? moved : moved.thenCompose(nothing -> mark(claimed.unmarked()));
    }

    /// A member without which the group goes on learns that at the next poll.
    private CompletableFuture<Void> mark(SortedMap<TopicPartition, OffsetAndMetadata> positions) {
        CompletableFuture<Void> told;
        try {
            told = source.commit(marked(positions));
        } catch (ChaparException e) {
            told = CompletableFuture.failedFuture(e);
        }
        return told.exceptionally(failure -> {
            Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                    ? failure.getCause() : failure;
            throw switch (cause) {
                case ChaparException refused when !(refused instanceof FatalException
                        || refused instanceof UsageException) -> new RetriableException(refused.errorCode(),
                                "The group was not told which positions a database has: " + refused.getMessage(),
                                refused);
                default -> new CompletionException(cause);
            };
        });
    }

    /// Where a holder has died, its transaction holds up who reads these partitions' positions, state and outputs.
    private CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> inDatabase(
            SortedSet<TopicPartition> partitions) {
        Settlement settling = settlement;
        if (settling == null) {
            return ledger.claim(partitions, Collections.emptySortedSet());
        }
        return ledger.holders(partitions).thenCompose(holders -> {
            CompletableFuture<Void> settled = DONE;
            for (String holder : holders) {
                settled = settled.thenCompose(nothing -> settling.settle(holder));
            }
            return settled.thenCompose(nothing -> ledger.claim(partitions, holders));
        });
    }

    private Polled take() {
        Polled all = new Polled(List.copyOf(records), new TreeMap<>(next), new TreeMap<>(began));
        records.clear();
        next.clear();
        began.clear();
        return all;
    }

    private void drop(Set<TopicPartition> partitions) {
        records.removeIf(record -> partitions.contains(record.partition()));
        next.keySet().removeIf(partitions::contains);
        began.keySet().removeIf(partitions::contains);
    }

    /// The claim comes first, so that a commit which is on its way cannot arrive after the positions have been read.
    @Override
    public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
        TreeSet<TopicPartition> claimed = new TreeSet<>(owned);
        return claim(claimed).thenCompose(found -> groupsOwn(found).thenCompose(group ->
                source.seek(found).thenApply(there -> {
                    unclaimed.removeAll(claimed);
                    drop(claimed);
                    unmirrored.putAll(marked(found));
                    TreeMap<TopicPartition, OffsetAndMetadata> all = new TreeMap<>(unmarked(group));
                    all.putAll(found);
                    return all;
                })));
    }

    /// Asked only when the database knows nothing of some partition.
    private CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> groupsOwn(
            SortedMap<TopicPartition, OffsetAndMetadata> found) {
        return found.keySet().containsAll(owned) ? CompletableFuture.completedFuture(Map.of()) : source.rewind();
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
            partitions.stream().filter(owned::add).forEach(unclaimed::add);
            listener.assigned(partitions);
        }

        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            listener.revoked(partitions, () -> {
                forget(partitions);
                release(partitions, done);
            });
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            forget(partitions);
            ledger.forget(partitions);
            listener.lost(partitions);
        }

        @Override
        public void warned(ProcessorException what) {
            listener.warned(what);
        }

        /// Who gets them next need not look for what might be open here. If that cannot be said, it will look; and it
        /// has to, while something may be open.
        private void release(SortedSet<TopicPartition> partitions, Runnable done) {
            if (open.isPossible()) {
                ledger.forget(partitions);
                done.run();
                return;
            }
            CompletableFuture<Void> released;
            try {
                released = ledger.release(partitions);
            } catch (ChaparException e) {
                released = CompletableFuture.failedFuture(e);
            }
            var _ = released.whenComplete((nothing, failure) -> done.run());
        }

        private void forget(SortedSet<TopicPartition> partitions) {
            owned.removeAll(partitions);
            unclaimed.removeAll(partitions);
            LedgerSource.this.drop(partitions);
        }
    }
}
