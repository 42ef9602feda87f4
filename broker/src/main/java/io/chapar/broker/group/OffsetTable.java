package io.chapar.broker.group;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.TreeMap;

/// Committed offsets, and those that wait for the end of their transaction.
///
/// Changed by the log's records and markers alone. A commit of a transaction counts by where its own record stands,
/// not its marker: when the marker comes, a plain commit that was written after it has precedence.
final class OffsetTable {
    private final Map<String, TreeMap<TopicPartition, CommittedOffset>> committed = new TreeMap<>();
    private final Map<Long, TreeMap<String, TreeMap<TopicPartition, CommittedOffset>>> pending =
            new LinkedHashMap<>();
    private final Map<String, TreeMap<TopicPartition, SequencedSet<Long>>> undecided = new TreeMap<>();
    /// Appended for a transaction, and not known to be in the log yet: group, partition, number of appends.
    private final Map<String, TreeMap<TopicPartition, Integer>> inFlight = new TreeMap<>();

    // ---- apply

    void commit(String group, TopicPartition partition, CommittedOffset value) {
        committed.computeIfAbsent(group, _ -> new TreeMap<>()).put(partition, value);
    }

    void stage(long producerId, String group, TopicPartition partition, CommittedOffset value) {
        pending.computeIfAbsent(producerId, _ -> new TreeMap<>())
                .computeIfAbsent(group, _ -> new TreeMap<>())
                .put(partition, value);
        undecided.computeIfAbsent(group, _ -> new TreeMap<>())
                .computeIfAbsent(partition, _ -> new LinkedHashSet<>())
                .add(producerId);
    }

    /// @return the groups that it changed
    List<String> end(long producerId, boolean commit) {
        TreeMap<String, TreeMap<TopicPartition, CommittedOffset>> ended = pending.remove(producerId);
        if (ended == null) {
            return List.of();
        }
        ended.forEach((group, offsets) -> offsets.forEach((partition, value) -> {
            decided(producerId, group, partition);
            CommittedOffset present = find(group, partition);
            if (commit && (present == null || present.recordOffset() < value.recordOffset())) {
                commit(group, partition, value);
            }
        }));
        return new ArrayList<>(ended.keySet());
    }

    void forget(String group, TopicPartition partition) {
        TreeMap<TopicPartition, CommittedOffset> offsets = committed.get(group);
        if (offsets != null && offsets.remove(partition) != null && offsets.isEmpty()) {
            committed.remove(group);
        }
        for (long producerId : producers(group, partition)) {
            decided(producerId, group, partition);
            TreeMap<String, TreeMap<TopicPartition, CommittedOffset>> staged = pending.get(producerId);
            TreeMap<TopicPartition, CommittedOffset> ofGroup = staged.get(group);
            ofGroup.remove(partition);
            if (ofGroup.isEmpty()) {
                staged.remove(group);
            }
            if (staged.isEmpty()) {
                pending.remove(producerId);
            }
        }
    }

    private List<Long> producers(String group, TopicPartition partition) {
        TreeMap<TopicPartition, SequencedSet<Long>> ofGroup = undecided.get(group);
        SequencedSet<Long> ids = ofGroup == null ? null : ofGroup.get(partition);
        return ids == null ? List.of() : List.copyOf(ids);
    }

    private void decided(long producerId, String group, TopicPartition partition) {
        TreeMap<TopicPartition, SequencedSet<Long>> ofGroup = undecided.get(group);
        SequencedSet<Long> ids = ofGroup.get(partition);
        ids.remove(producerId);
        if (ids.isEmpty()) {
            ofGroup.remove(partition);
            if (ofGroup.isEmpty()) {
                undecided.remove(group);
            }
        }
    }

    // ---- in flight

    void took(String group, TopicPartition partition) {
        inFlight.computeIfAbsent(group, _ -> new TreeMap<>()).merge(partition, 1, Integer::sum);
    }

    void landed(String group, TopicPartition partition) {
        TreeMap<TopicPartition, Integer> ofGroup = inFlight.get(group);
        if (ofGroup.merge(partition, -1, Integer::sum) == 0) {
            ofGroup.remove(partition);
            if (ofGroup.isEmpty()) {
                inFlight.remove(group);
            }
        }
    }

    // ---- ask

    /// Null when nothing is committed.
    CommittedOffset find(String group, TopicPartition partition) {
        TreeMap<TopicPartition, CommittedOffset> offsets = committed.get(group);
        return offsets == null ? null : offsets.get(partition);
    }

    SortedMap<TopicPartition, CommittedOffset> all(String group) {
        return committed.getOrDefault(group, new TreeMap<>());
    }

    boolean has(String group) {
        return committed.containsKey(group) || undecided.containsKey(group);
    }

    /// Whether an open transaction may still change the offset, also by a record that is on its way into the log: a
    /// successor that took the present offset for settled would repeat what that transaction commits.
    boolean isUnstable(String group, TopicPartition partition) {
        return isPending(group, partition)
                || inFlight.getOrDefault(group, new TreeMap<>()).containsKey(partition);
    }

    boolean isPending(String group, TopicPartition partition) {
        return undecided.getOrDefault(group, new TreeMap<>()).containsKey(partition);
    }

    boolean hasPending(String group) {
        return undecided.containsKey(group);
    }

    /// Everything about the group that a tombstone can remove.
    SequencedSet<TopicPartition> partitions(String group) {
        SequencedSet<TopicPartition> all = new LinkedHashSet<>(all(group).keySet());
        all.addAll(undecided.getOrDefault(group, new TreeMap<>()).keySet());
        return all;
    }

    SequencedSet<TopicPartition> unstable(String group) {
        SequencedSet<TopicPartition> all =
                new LinkedHashSet<>(undecided.getOrDefault(group, new TreeMap<>()).keySet());
        all.addAll(inFlight.getOrDefault(group, new TreeMap<>()).keySet());
        return all;
    }

    /// For comparing what is live with what is replayed.
    @Override
    public String toString() {
        return "committed " + committed + " pending " + new TreeMap<>(pending);
    }
}
