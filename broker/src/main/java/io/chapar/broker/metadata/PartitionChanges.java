package io.chapar.broker.metadata;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// What one command changes of partitions, on top of an image: a later change sees the earlier ones.
final class PartitionChanges {
    private final Map<UUID, SortedMap<Integer, PartitionImage>> after = new LinkedHashMap<>();
    private int size;

    PartitionImage get(TopicImage topic, int partition) {
        SortedMap<Integer, PartitionImage> ofTopic = after.get(topic.id());
        PartitionImage changed = ofTopic == null ? null : ofTopic.get(partition);
        return changed == null ? topic.partition(partition) : changed;
    }

    /// Without effect where it is as it was.
    void put(TopicImage topic, int partition, PartitionImage is) {
        if (!is.equals(get(topic, partition))
                && after.computeIfAbsent(topic.id(), _ -> new TreeMap<>()).put(partition, is) == null) {
            size++;
        }
    }

    /// How many partitions change.
    int size() {
        return size;
    }

    /// By topic, how many replicas the one that is to have most of those that change is to have.
    Map<UUID, Integer> mostWanted() {
        Map<UUID, Integer> most = new LinkedHashMap<>();
        after.forEach((topic, partitions) -> partitions.values().forEach(
                one -> most.merge(topic, one.wanted().size(), Math::max)));
        return most;
    }

    List<MetadataRecord> records() {
        List<MetadataRecord> records = new ArrayList<>();
        after.forEach((topic, partitions) -> records.add(new MetadataRecord.PartitionsChanged(topic, partitions)));
        return records;
    }
}
