package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// [GlobalRows] of a [MemoryCluster], with what each key had before: a recomputation meets what a record has met.
final class GlobalHistory implements GlobalRows {
    private final Map<String, TreeMap<byte[], NavigableMap<Integer, Optional<byte[]>>>> tables = new HashMap<>();
    private final Map<TopicPartition, Long> positions = new TreeMap<>();
    private int version;
    private int seenAt;

    GlobalHistory(Set<String> topics, int partitions) {
        for (String topic : topics) {
            tables.put(topic, new TreeMap<>(Arrays::compareUnsigned));
            for (int partition = 0; partition < partitions; partition++) {
                positions.put(new TopicPartition(topic, partition), 0L);
            }
        }
    }

    /// Takes what is committed there.
    void catchUp(MemoryCluster cluster) {
        positions.replaceAll((partition, position) -> {
            List<SourceRecord> come = new ArrayList<>();
            long next = cluster.read(partition, position, Integer.MAX_VALUE, come);
            come.forEach(record -> {
                if (record.key() != null) {
                    table(partition.topic()).computeIfAbsent(record.key(), key -> new TreeMap<>())
                            .put(++version, Optional.ofNullable(record.value()));
                }
            });
            return next;
        });
        seenAt = version;
    }

    /// Of everything that is asked from now on.
    void at(int when) {
        seenAt = when;
    }

    int version() {
        return version;
    }

    @Override
    public byte @Nullable [] get(String topic, byte[] key) {
        NavigableMap<Integer, Optional<byte[]>> versions = table(topic).get(key);
        Map.Entry<Integer, Optional<byte[]>> entry = versions == null ? null : versions.floorEntry(seenAt);
        return entry == null ? null : entry.getValue().orElse(null);
    }

    private Map<byte[], NavigableMap<Integer, Optional<byte[]>>> table(String topic) {
        return requireNonNull(tables.get(topic), "a global table's topic");
    }
}
