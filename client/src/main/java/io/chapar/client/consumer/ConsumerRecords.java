package io.chapar.client.consumer;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// What one poll returned: per partition in offset order, partition by partition.
public final class ConsumerRecords<K, V> implements Iterable<ConsumerRecord<K, V>> {
    private final SortedMap<TopicPartition, List<ConsumerRecord<K, V>>> byPartition;
    private final SortedMap<TopicPartition, OffsetAndMetadata> nextOffsets;
    private final int count;

    /// `nextOffsets`: for each partition that moved, also over records that nobody sees, where reading goes on.
    public ConsumerRecords(Map<TopicPartition, List<ConsumerRecord<K, V>>> records,
            Map<TopicPartition, OffsetAndMetadata> nextOffsets) {
        byPartition = Collections.unmodifiableSortedMap(new TreeMap<>(records));
        this.nextOffsets = Collections.unmodifiableSortedMap(new TreeMap<>(nextOffsets));
        int sum = 0;
        for (List<ConsumerRecord<K, V>> some : byPartition.values()) {
            sum += some.size();
        }
        count = sum;
    }

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    public Set<TopicPartition> partitions() {
        return byPartition.keySet();
    }

    public List<ConsumerRecord<K, V>> records(TopicPartition partition) {
        List<ConsumerRecord<K, V>> records = byPartition.get(partition);
        return records == null ? List.of() : Collections.unmodifiableList(records);
    }

    /// What to commit once everything here is processed. Reaches over transaction markers and aborted records, which
    /// `last offset + 1` does not.
    public SortedMap<TopicPartition, OffsetAndMetadata> nextOffsets() {
        return nextOffsets;
    }

    @Override
    public Iterator<ConsumerRecord<K, V>> iterator() {
        List<ConsumerRecord<K, V>> all = new ArrayList<>(count);
        byPartition.values().forEach(all::addAll);
        return all.iterator();
    }
}
