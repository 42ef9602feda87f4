package io.chapar.console.view;

import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.client.admin.TransactionFilter;
import io.chapar.client.admin.TransactionListing;
import io.chapar.console.web.Query;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Open transactions, and which of them readers of a partition wait for: what `chapar txn list` and `chapar txn why`
/// say.
final class Transactions {
    private static final List<String> OPEN = List.of("Ongoing", "PrepareCommit", "PrepareAbort");
    private static final long LIST_MS = 1_000;
    private static final int MOST_DESCRIBED = 200;
    private static final int MOST_NAMED = 20;
    private static final int MOST_BEHIND = 50;

    /// @param open of which the oldest are here
    record Page(int open, List<Row> transactions) {
    }

    /// @param ageMs null where it is not known
    /// @param timeoutMs null where it waits for whoever prepared it (two-phase commit)
    /// @param partitions the first of those that it has written to, as `TOPIC/PARTITION`
    record Row(String id, String state, long producerId, int producerEpoch, @Nullable Long startMs,
            @Nullable Long ageMs, @Nullable Integer timeoutMs, int coordinator, int partitionCount,
            List<String> partitions, @Nullable String client, @Nullable String host) {
    }

    /// @param stable where readers of committed records stop
    record Why(String topic, int partition, @Nullable Long stable, @Nullable Long end, @Nullable Holder heldBy,
            int behindCount, List<Holder> behind) {
    }

    /// @param id null where no coordinator knows the producer
    /// @param hangs nobody is going to end it but the broker, in a while
    /// @param decided its marker is on the way
    /// @param leftMs until it is aborted by itself; null where it is not
    record Holder(@Nullable String id, String state, boolean hangs, boolean decided, long producerId,
            int producerEpoch, long firstOffset, long lastWriteMs, @Nullable Long startMs, @Nullable Long ageMs,
            @Nullable Integer timeoutMs, @Nullable Long leftMs, @Nullable String client, @Nullable String host) {
    }

    private final ClusterLink cluster;
    private final Remembered<Page> open;

    Transactions(ClusterLink cluster) {
        this.cluster = cluster;
        open = new Remembered<>(LIST_MS, this::look);
    }

    Page page(Query query) {
        return open.get();
    }

    Page open() {
        return open.get();
    }

    private Page look() {
        List<TransactionListing> listed =
                cluster.admin().listTransactions(new TransactionFilter(OPEN, List.of(), -1, null));
        List<String> ids = Topics.part(listed, 0, MOST_DESCRIBED).stream().map(TransactionListing::transactionalId)
                .toList();
        List<Row> rows = new ArrayList<>();
        if (!ids.isEmpty()) {
            for (AdminResult<TransactionDescription> one : cluster.admin().describeTransactions(ids).values()) {
                // One that has ended meanwhile is left out.
                if (one instanceof AdminResult.Done<TransactionDescription>(TransactionDescription known)
                        && OPEN.contains(known.state())) {
                    rows.add(row(known));
                }
            }
        }
        rows.sort(Comparator.comparingLong(Transactions::started).thenComparing(Row::id));
        return new Page(listed.size(), rows);
    }

    private static long started(Row one) {
        Long startMs = one.startMs();
        return startMs == null ? Long.MAX_VALUE : startMs;
    }

    private static Row row(TransactionDescription one) {
        Long startMs = one.startMs() < 0 ? null : one.startMs();
        return new Row(one.transactionalId(), one.state(), one.producerId(), one.producerEpoch(), startMs,
                age(startMs), timeout(one.timeoutMs()), one.coordinator().id(), one.partitions().size(),
                one.partitions().stream().limit(MOST_NAMED).map(id -> id.topic() + "/" + id.partition()).toList(),
                one.clientId(), one.clientHost());
    }

    private static @Nullable Long age(@Nullable Long startMs) {
        return startMs == null ? null : Math.max(0, System.currentTimeMillis() - startMs);
    }

    private static @Nullable Integer timeout(int ms) {
        return ms == Integer.MAX_VALUE ? null : ms;
    }

    Why why(Query query) {
        TopicPartition partition = cluster.partition(
                query.text("topic"), query.count("partition", 0, 0, Integer.MAX_VALUE));
        List<Holder> all = cluster.admin().openTransactions(List.of(partition)).stream().map(Transactions::holder)
                .toList();
        Long stable = cluster.offsets(List.of(partition), new OffsetSpec.Latest(), true).get(partition);
        Long end = cluster.offsets(List.of(partition), new OffsetSpec.Latest(), false).get(partition);
        List<Holder> behind = all.isEmpty() ? all : all.subList(1, all.size());
        return new Why(partition.topic(), partition.partition(), stable, end, all.isEmpty() ? null : all.getFirst(),
                behind.size(), Topics.part(behind, 0, MOST_BEHIND));
    }

    private static Holder holder(OpenTransaction one) {
        Long startMs = one.startMs() < 0 ? null : one.startMs();
        Integer timeoutMs = one.hangs() || one.isUntold() ? null : timeout(one.known().timeoutMs());
        Long ageMs = age(startMs);
        Long leftMs = ageMs == null || timeoutMs == null || one.isDecided() ? null : Math.max(0, timeoutMs - ageMs);
        return new Holder(one.transactionalId(), one.state(), one.hangs(), one.isDecided(), one.open().producerId(),
                one.open().producerEpoch(), one.open().openSinceOffset(), one.open().lastTimestampMs(), startMs,
                ageMs, timeoutMs, leftMs, one.clientId(), one.clientHost());
    }
}
