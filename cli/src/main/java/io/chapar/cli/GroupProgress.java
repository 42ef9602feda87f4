package io.chapar.cli;

import io.chapar.cli.ConsumeCommand.Isolation;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.OpenTransaction;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// How far a group that commits offsets is in its partitions.
///
/// @param held by the transactions that hold partitions back, the first of each
record GroupProgress(Table table, List<OpenTransaction> held, Map<TopicPartition, Long> heldOffsets) {

    /// @param owners the members by the partitions that they read; of those there are
    static GroupProgress of(Cluster cluster, SortedMap<TopicPartition, String> owners,
            Map<TopicPartition, OffsetAndMetadata> committed, Isolation isolation) {
        TreeSet<TopicPartition> partitions = new TreeSet<>(owners.keySet());
        partitions.addAll(committed.keySet());
        Map<TopicPartition, ListedOffset> ends = cluster.offsets(partitions, new OffsetSpec.Latest(), false);
        Map<TopicPartition, ListedOffset> stables = cluster.offsets(partitions, new OffsetSpec.Latest(), true);
        Table table = new Table("topic", "partition", "committed", "end", "lag", "stable", "member");
        Map<TopicPartition, Long> heldOffsets = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            OffsetAndMetadata done = committed.get(partition);
            Long end = offset(ends.get(partition));
            Long stable = offset(stables.get(partition));
            Long readable = isolation == Isolation.read_committed ? stable : end;
            Long lag = done == null || readable == null ? null : Math.max(0, readable - done.offset());
            table.row(partition.topic(), partition.partition(), done == null ? null : done.offset(), end, lag, stable,
                    owners.get(partition));
            if (end != null && stable != null && end > stable) {
                heldOffsets.put(partition, end - stable);
            }
        }
        return new GroupProgress(table, firstOfEach(cluster, heldOffsets), heldOffsets);
    }

    private static List<OpenTransaction> firstOfEach(Cluster cluster, Map<TopicPartition, Long> heldOffsets) {
        List<OpenTransaction> held = new ArrayList<>();
        TreeSet<TopicPartition> seen = new TreeSet<>();
        for (OpenTransaction one : cluster.openAt(heldOffsets.keySet())) {
            if (seen.add(one.partition())) {
                held.add(one);
            }
        }
        return held;
    }

    private static @Nullable Long offset(@Nullable ListedOffset listed) {
        return listed == null ? null : listed.offset();
    }

    List<Map<String, Object>> heldObjects() {
        return held.stream().map(this::object).toList();
    }

    private Map<String, Object> object(OpenTransaction one) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("topic", one.partition().topic());
        object.put("partition", one.partition().partition());
        object.put("offsets", heldOffsets.get(one.partition()));
        object.put("transactionalId", one.transactionalId());
        object.put("state", one.state());
        object.put("producerId", one.open().producerId());
        object.put("producerEpoch", one.open().producerEpoch());
        return object;
    }

    List<String> sentences() {
        return held.stream().map(this::sentence).toList();
    }

    private String sentence(OpenTransaction one) {
        String transaction = one.transactionalId() == null ? one.isUntold()
                ? "a transaction whose coordinator may be away" : "a transaction that no coordinator knows"
                : "transaction " + Words.shown(one.transactionalId());
        Long offsets = heldOffsets.get(one.partition());
        return PartitionName.of(one.partition()) + ": " + Words.count(offsets == null ? 0 : offsets, "offset")
                + " held back by " + transaction + " of producer " + one.open().producerId()
                + "; 'chapar txn why " + PartitionName.of(one.partition()) + "' says more.";
    }
}
