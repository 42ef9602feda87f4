package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
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

        Connection(String instance) {
            this.instance = instance;
        }

        @Override
        public CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> claim(
                SortedSet<TopicPartition> partitions) {
            TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>();
            cluster.call(MemoryCluster.Call.CLAIM, instance, () -> {
                for (TopicPartition partition : partitions) {
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
        public CompletableFuture<Void> commit(List<Entry> entries, Map<TopicPartition, OffsetAndMetadata> moved) {
            cluster.call(MemoryCluster.Call.ROWS, instance, () -> {
                for (TopicPartition partition : moved.keySet()) {
                    Long epoch = mine.get(partition);
                    if (epoch == null || !epoch.equals(epochs.get(partition))) {
                        throw new AbortableException("Another instance has taken " + partition + " over");
                    }
                }
                append(entries, false);
                positions.putAll(moved);
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
