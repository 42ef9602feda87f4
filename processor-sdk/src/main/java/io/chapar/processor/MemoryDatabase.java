package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.FencedException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

import static java.util.Objects.requireNonNull;

/// What a [Ledger] sees of a database, beside a [MemoryCluster], which breaks its calls too and keeps its rows as
/// records, each statement's in a log of its own.
final class MemoryDatabase {
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);
    private static final String CHECK_VIOLATION = "23514";

    private final MemoryCluster cluster;
    private final TreeMap<TopicPartition, Long> epochs = new TreeMap<>();
    private final TreeMap<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>();
    /// By partition, the transactional id that has claimed it last and not released it.
    private final TreeMap<TopicPartition, String> holders = new TreeMap<>();
    /// By transactional id: how often it has been taken, and the prepared transaction that was committed last.
    private final TreeMap<String, Long> takes = new TreeMap<>();
    private final TreeMap<String, String> decided = new TreeMap<>();
    private final List<Row> rows = new ArrayList<>();
    private Predicate<Row> refused = row -> false;

    MemoryDatabase(MemoryCluster cluster) {
        this.cluster = cluster;
    }

    /// Rows of this statement, in the order in which they were committed.
    List<List<@Nullable Object>> rows(String sql) {
        return rows.stream().filter(row -> row.sql().equals(sql)).map(Row::values).toList();
    }

    void refuse(Predicate<Row> rule) {
        refused = rule;
    }

    /// In the cluster. No topic has such a name.
    static SinkRecord output(Row row) {
        byte[] values = Arrays.deepToString(row.values().toArray()).getBytes(StandardCharsets.UTF_8);
        return new SinkRecord(row.sql(), 0, 0, null, values, List.of());
    }

    Ledger ledger(String instance) {
        return new Connection(instance);
    }

    private final class Connection implements Ledger {
        private final String instance;
        private final TreeMap<TopicPartition, Long> mine = new TreeMap<>();
        private final List<Refusal> refusals = new ArrayList<>();
        private long taken;

        Connection(String instance) {
            this.instance = instance;
        }

        /// Every statement has a place of its own here.
        @Override
        public CompletableFuture<Void> ready() {
            return DONE;
        }

        @Override
        public CompletableFuture<SortedSet<String>> holders(SortedSet<TopicPartition> partitions) {
            TreeSet<String> found = new TreeSet<>();
            cluster.call(MemoryCluster.Call.CLAIM, instance, () -> partitions.forEach(partition -> {
                String holder = holders.getOrDefault(partition, instance);
                if (!holder.equals(instance)) {
                    found.add(holder);
                }
            }));
            return CompletableFuture.completedFuture(found);
        }

        @Override
        public CompletableFuture<@Nullable String> take(String transactionalId) {
            cluster.call(MemoryCluster.Call.CLAIM, instance, () -> {
                long epoch = takes.merge(transactionalId, 1L, Long::sum);
                if (transactionalId.equals(instance)) {
                    taken = epoch;
                }
            });
            return CompletableFuture.completedFuture(decided.get(transactionalId));
        }

        @Override
        public CompletableFuture<Void> release(SortedSet<TopicPartition> partitions) {
            partitions.forEach(partition -> {
                if (mine.containsKey(partition) && requireNonNull(mine.get(partition), "just looked for")
                        .equals(epochs.get(partition))) {
                    holders.remove(partition);
                }
            });
            forget(partitions);
            return DONE;
        }

        @Override
        public CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(
                SortedSet<TopicPartition> partitions, SortedSet<String> settled) {
            TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>();
            cluster.call(MemoryCluster.Call.CLAIM, instance, () -> {
                for (TopicPartition partition : partitions) {
                    holders.put(partition, instance);
                    mine.put(partition, epochs.merge(partition, 1L, Long::sum));
                    if (positions.containsKey(partition)) {
                        found.put(partition, requireNonNull(positions.get(partition), "just looked for"));
                    }
                }
            });
            return CompletableFuture.completedFuture(found);
        }

        @Override
        public void forget(SortedSet<TopicPartition> partitions) {
            mine.keySet().removeAll(partitions);
        }

        @Override
        public CompletableFuture<Void> commit(List<Entry> entries, Map<TopicPartition, OffsetAndMetadata> moved,
                @Nullable String prepared) {
            cluster.call(MemoryCluster.Call.ROWS, instance, () -> {
                if (prepared != null && taken != takes.getOrDefault(instance, 0L)) {
                    throw new FencedException(ErrorCode.PRODUCER_FENCED,
                            "Another instance has taken " + instance + " over");
                }
                for (TopicPartition partition : moved.keySet()) {
                    Long epoch = mine.get(partition);
                    if (epoch == null || !epoch.equals(epochs.get(partition))) {
                        throw new AbortableException("Another instance has taken " + partition + " over");
                    }
                }
                append(entries, false);
                positions.putAll(moved);
                if (prepared != null) {
                    decided.put(instance, prepared);
                }
            });
            return DONE;
        }

        @Override
        public CompletableFuture<Void> write(List<Entry> entries, boolean good) {
            cluster.call(MemoryCluster.Call.ROWS, instance, () -> append(entries, good));
            return DONE;
        }

        private void append(List<Entry> entries, boolean good) {
            refusals.clear();
            for (Entry entry : entries) {
                if (entry.rows().stream().anyMatch(refused)) {
                    refusals.add(Refusal.ofRows(entry.input(), false,
                            new SQLException("a row was refused", CHECK_VIOLATION)));
                }
            }
            if (refusals.isEmpty() || good) {
                entries.stream().filter(entry -> entry.rows().stream().noneMatch(refused))
                        .forEach(entry -> entry.rows().forEach(this::append));
            }
            if (!refusals.isEmpty()) {
                throw refusals.getFirst().cause();
            }
        }

        private void append(Row row) {
            rows.add(row);
            cluster.append(output(row));
        }

        @Override
        public List<Refusal> takeRefusals() {
            List<Refusal> taken = List.copyOf(refusals);
            refusals.clear();
            return taken;
        }

        @Override
        public void reset() {
        }

        @Override
        public void drop() {
        }
    }
}
