package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.OffsetAndMetadata;
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
import java.util.concurrent.CompletableFuture;

/// A source whose positions are in a database ([Ledger]). The group shares partitions out; before the first record of a
/// partition is handed on it is claimed there, and goes on where the database says. What the group knows of positions
/// is a mirror, for people and tools; it counts only where the database has none.
final class LedgerSource implements ForwardedSource {
    /// Hears of what the database has committed.
    interface Mirror {
        /// Does not fail. What the group could not be told now it is told at a later poll.
        CompletableFuture<Void> moved(Map<TopicPartition, OffsetAndMetadata> positions);
    }

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
    /// Of which the group has not been told.
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
        return positions -> {
            unmirrored.putAll(positions);
            return tellGroup();
        };
    }

    private CompletableFuture<Void> tellGroup() {
        unmirrored.keySet().retainAll(owned);
        if (unmirrored.isEmpty()) {
            return CompletableFuture.completedFuture(null);
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
        began.putAll(polled.began());
        return claimed().thenApply(nothing -> take());
    }

    /// Every partition is claimed, and what former holders of them have left open is ended.
    CompletableFuture<Void> claimed() {
        if (unclaimed.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        TreeSet<TopicPartition> claimed = new TreeSet<>(unclaimed);
        return claim(claimed).thenCompose(found -> source.seek(found).thenAccept(there -> {
            unclaimed.removeAll(claimed);
            // These were read from elsewhere.
            drop(found.keySet());
            began.putAll(found);
            unmirrored.putAll(found);
        }));
    }

    /// Where a holder has died, its transaction holds up who reads these partitions' positions, state and outputs.
    private CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(
            SortedSet<TopicPartition> partitions) {
        Settlement settling = settlement;
        if (settling == null) {
            return ledger.claim(partitions, Collections.emptySortedSet());
        }
        return ledger.holders(partitions).thenCompose(holders -> {
            CompletableFuture<Void> settled = CompletableFuture.completedFuture(null);
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
                    unmirrored.putAll(found);
                    TreeMap<TopicPartition, OffsetAndMetadata> all = new TreeMap<>(group);
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
