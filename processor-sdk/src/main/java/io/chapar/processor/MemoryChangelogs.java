package io.chapar.processor;

import io.chapar.client.RetriableException;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// What an instance reads of its changelogs in a [MemoryCluster].
record MemoryChangelogs(MemoryCluster cluster, String instance) implements Changelogs {
    @Override
    public CompletableFuture<Void> read(SortedMap<TopicPartition, Wanted> changelogs) {
        changelogs.forEach((changelog, wanted) -> read(changelog, wanted.from(), wanted.entries()));
        return CompletableFuture.completedFuture(null);
    }

    private void read(TopicPartition changelog, @Nullable Standing from, Entries entries) {
        cluster.call(MemoryCluster.Call.RESTORE, instance, () -> {
            List<SourceRecord> all = entries(cluster, changelog);
            Standing end = new Standing(TopicView.NO_ID, cluster.end(changelog), Standing.NO_EPOCH, cluster.nowMs());
            long first = from == null ? 0 : from.offset();
            if (from == null) {
                entries.forget();
            }
            all.stream().filter(entry -> entry.offset() >= first).forEach(entry ->
                    entries.entry(requireNonNull(entry.key(), "an entry has a key"), entry.value()));
            entries.reached(end);
        });
    }

    @Override
    public void drop() {
    }

    /// As compaction would leave it.
    static Map<byte[], byte[]> compacted(MemoryCluster cluster, TopicPartition changelog) {
        Map<byte[], byte[]> latest = Store.entries();
        entries(cluster, changelog).forEach(entry -> {
            if (entry.value() == null) {
                latest.remove(entry.key());
            } else {
                latest.put(entry.key(), entry.value());
            }
        });
        return latest;
    }

    private static List<SourceRecord> entries(MemoryCluster cluster, TopicPartition changelog) {
        List<SourceRecord> entries = new ArrayList<>();
        if (!cluster.readAll(changelog, entries)) {
            throw new RetriableException(ErrorCode.REQUEST_TIMED_OUT, changelog + " is undecided");
        }
        return entries;
    }
}
