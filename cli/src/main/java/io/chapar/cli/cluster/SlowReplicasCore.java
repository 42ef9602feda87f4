package io.chapar.cli.cluster;

import io.chapar.cli.cluster.StatusCore.Facts;
import io.chapar.cli.cluster.StatusCore.Partition;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Which replicas are slow: those that are not in sync, and those in sync that still miss later what their leader had
/// before. One look does not tell the latter: under load the two ends are of different moments.
public final class SlowReplicasCore {
    private static final Comparator<Slow> WORST_FIRST = Comparator
            .comparing(Slow::records, Comparator.nullsLast(Comparator.reverseOrder()))
            .thenComparing(Slow::id).thenComparingInt(Slow::broker);

    private SlowReplicasCore() {
    }

    /// A replica that does not keep up with a leader that there is.
    ///
    /// @param records that it misses of what its leader had; null where one of the two did not say
    public record Slow(TopicPartition id, int broker, int leader, boolean inSync, @Nullable Long records) {
    }

    /// What a broker's slow replicas come to.
    ///
    /// @param records over those that told; null where none did
    /// @param bytes as `records`
    public record Sum(int broker, int replicas, @Nullable Long records, @Nullable Long bytes) {
    }

    /// By follower, partitions of which it has to be asked a second time; those that seem furthest behind, and no more
    /// than `most` over all.
    public static SortedMap<Integer, List<TopicPartition>> suspects(List<Partition> partitions, int most) {
        List<Slow> all = new ArrayList<>();
        for (Partition each : partitions) {
            each.behind().forEach((follower, records) -> {
                if (records > 0 && each.view().inSync().contains(follower)) {
                    all.add(new Slow(each.id(), follower, each.view().leaderId(), true, records));
                }
            });
        }
        return byBroker(all.stream().sorted(WORST_FIRST).limit(most).toList());
    }

    public static SortedMap<Integer, List<TopicPartition>> byBroker(List<Slow> all) {
        SortedMap<Integer, List<TopicPartition>> byBroker = new TreeMap<>();
        all.forEach(one -> byBroker.computeIfAbsent(one.broker(), _ -> new ArrayList<>()).add(one.id()));
        return byBroker;
    }

    /// Worst first; those of whom nothing is known come last.
    ///
    /// @param later by follower, where logs of suspects ended at the second look, as far as it answered
    public static List<Slow> slow(Facts facts, List<Partition> partitions,
            Map<Integer, Map<TopicPartition, Long>> later) {
        List<Slow> slow = new ArrayList<>();
        for (Partition each : partitions) {
            if (!each.view().hasLeader()) {
                continue;
            }
            int leader = each.view().leaderId();
            Map<Integer, Long> ends = facts.ends().getOrDefault(each.id(), Map.of());
            Long end = ends.get(leader);
            for (int follower : each.view().replicas()) {
                if (follower == leader) {
                    continue;
                }
                boolean inSync = each.view().inSync().contains(follower);
                Long again = later.getOrDefault(follower, Map.of()).get(each.id());
                Long own = again != null ? again : ends.get(follower);
                Long records = end == null || own == null ? null : (Long) Math.max(0, end - own);
                // One in sync that was asked once alone had all, or is one suspect too many.
                boolean isLate = end != null && (own == null || (again != null && again < end));
                if (!inSync || isLate) {
                    slow.add(new Slow(each.id(), follower, leader, inSync, records));
                }
            }
        }
        slow.sort(WORST_FIRST);
        return slow;
    }

    /// What the leader's log is larger than the follower's: both have the same bytes at the same offsets. Null where
    /// that says nothing, since one has deleted or compacted what the other has not.
    ///
    /// @param sizes by broker
    public static @Nullable Long bytes(Slow one, Map<Integer, Map<TopicPartition, Long>> sizes) {
        Long whole = sizes.getOrDefault(one.leader(), Map.of()).get(one.id());
        Long own = sizes.getOrDefault(one.broker(), Map.of()).get(one.id());
        if (one.records() == null || whole == null || own == null) {
            return null;
        }
        return one.records() == 0 ? (Long) 0L : whole > own ? (Long) (whole - own) : null;
    }

    /// By broker, in order.
    ///
    /// @param sizes as in [#bytes]
    public static List<Sum> sums(List<Slow> all, Map<Integer, Map<TopicPartition, Long>> sizes) {
        SortedMap<Integer, Sum> sums = new TreeMap<>();
        all.forEach(one -> sums.merge(one.broker(), new Sum(one.broker(), 1, one.records(), bytes(one, sizes)),
                (a, b) -> new Sum(a.broker(), a.replicas() + b.replicas(), plus(a.records(), b.records()),
                        plus(a.bytes(), b.bytes()))));
        return List.copyOf(sums.values());
    }

    private static @Nullable Long plus(@Nullable Long a, @Nullable Long b) {
        return a == null ? b : b == null ? a : (Long) (a + b);
    }
}
