package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SequencedSet;
import java.util.Set;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

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
    /// Of committed and pending offsets, by group; without those that have none.
    private final Map<String, Long> bytesOf = new TreeMap<>();
    private long bytes = 0;

    // ---- apply

    void commit(String group, TopicPartition partition, CommittedOffset value) {
        CommittedOffset before = committed.computeIfAbsent(group, _ -> new TreeMap<>()).put(partition, value);
        count(group, GroupSizes.offset(partition, value)
                - (before == null ? 0 : GroupSizes.offset(partition, before)));
    }

    void stage(long producerId, String group, TopicPartition partition, CommittedOffset value) {
        CommittedOffset before = pending.computeIfAbsent(producerId, _ -> new TreeMap<>())
                .computeIfAbsent(group, _ -> new TreeMap<>())
                .put(partition, value);
        count(group, GroupSizes.offset(partition, value)
                - (before == null ? 0 : GroupSizes.offset(partition, before)));
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
            count(group, -GroupSizes.offset(partition, value));
            CommittedOffset present = find(group, partition);
            if (commit && (present == null || present.recordOffset() < value.recordOffset())) {
                commit(group, partition, value);
            }
        }));
        return new ArrayList<>(ended.keySet());
    }

    void forget(String group, TopicPartition partition) {
        TreeMap<TopicPartition, CommittedOffset> offsets = committed.get(group);
        CommittedOffset was = offsets == null ? null : offsets.remove(partition);
        if (offsets != null && was != null) {
            count(group, -GroupSizes.offset(partition, was));
            if (offsets.isEmpty()) {
                committed.remove(group);
            }
        }
        for (long producerId : producers(group, partition)) {
            decided(producerId, group, partition);
            TreeMap<String, TreeMap<TopicPartition, CommittedOffset>> staged =
                    requireNonNull(pending.get(producerId), "who has not decided has staged");
            TreeMap<TopicPartition, CommittedOffset> ofGroup = requireNonNull(staged.get(group), "for this group");
            CommittedOffset dropped = requireNonNull(ofGroup.remove(partition), "for this partition");
            count(group, -GroupSizes.offset(partition, dropped));
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
        TreeMap<TopicPartition, SequencedSet<Long>> ofGroup =
                requireNonNull(undecided.get(group), "for this group somebody has not decided");
        SequencedSet<Long> ids = requireNonNull(ofGroup.get(partition), "for this partition somebody has not decided");
        ids.remove(producerId);
        if (ids.isEmpty()) {
            ofGroup.remove(partition);
            if (ofGroup.isEmpty()) {
                undecided.remove(group);
            }
        }
    }

    private void count(String group, long by) {
        bytes += by;
        bytesOf.merge(group, by, (before, more) -> before + more == 0 ? null : before + more);
    }

    // ---- in flight

    void took(String group, TopicPartition partition) {
        inFlight.computeIfAbsent(group, _ -> new TreeMap<>()).merge(partition, 1, Integer::sum);
    }

    void landed(String group, TopicPartition partition) {
        TreeMap<TopicPartition, Integer> ofGroup =
                requireNonNull(inFlight.get(group), "what lands was taken off");
        if (ofGroup.merge(partition, -1, Integer::sum) == 0) {
            ofGroup.remove(partition);
            if (ofGroup.isEmpty()) {
                inFlight.remove(group);
            }
        }
    }

    // ---- ask

    long bytes() {
        return bytes;
    }

    /// How many bytes more there may be once these offsets are in.
    ///
    /// @param beside they stand beside the present ones for a while, as those of a transaction do until it ends
    long growth(String group, List<Offset> asked, boolean beside) {
        long more = 0;
        for (Offset one : asked) {
            CommittedOffset present = beside ? null : find(group, one.partition());
            long had = present == null ? 0 : GroupSizes.offset(one.partition(), present);
            more += Math.max(0, GroupSizes.offset(one.partition(), one.metadata()) - had);
        }
        return more;
    }

    long bytes(String group) {
        return bytesOf.getOrDefault(group, 0L);
    }

    /// Null when nothing is committed.
    @Nullable CommittedOffset find(String group, TopicPartition partition) {
        TreeMap<TopicPartition, CommittedOffset> offsets = committed.get(group);
        return offsets == null ? null : offsets.get(partition);
    }

    NavigableMap<TopicPartition, CommittedOffset> all(String group) {
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

    /// Whether a tombstone could remove something of one of these topics. Looks at each topic of the group once.
    boolean hasAnyOf(String group, Set<String> topics) {
        return hasAnyOf(committed.getOrDefault(group, new TreeMap<>()), topics)
                || hasAnyOf(undecided.getOrDefault(group, new TreeMap<>()), topics);
    }

    private static boolean hasAnyOf(NavigableMap<TopicPartition, ?> offsets, Set<String> topics) {
        TopicPartition at = offsets.isEmpty() ? null : offsets.firstKey();
        while (at != null && !topics.contains(at.topic())) {
            at = offsets.higherKey(new TopicPartition(at.topic(), Integer.MAX_VALUE));
        }
        return at != null;
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
