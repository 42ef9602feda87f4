package io.chapar.broker.metrics;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// How far a group is behind.
///
/// @param records up to the high watermarks, of all its partitions
/// @param held of those, the ones that readers of committed data cannot have since a transaction is open before them
/// @param seconds for how long the oldest record that it misses has been there
/// @param partitions those whose end is known
record GroupLag(GroupFigures group, long records, long held, double seconds, List<Behind> partitions) {

    record Behind(TopicPartition id, long committed, long records, long held, double seconds) {}

    /// Of all groups; takes notice of where partitions end.
    static List<GroupLag> all(Totals totals, Map<TopicPartition, Bounds> bounds, LagTimes times, long nowMs) {
        Set<TopicPartition> read = new TreeSet<>();
        totals.groups().forEach(group -> read.addAll(group.committed().keySet()));
        times.keep(read);
        read.forEach(id -> {
            Bounds one = bounds.get(id);
            if (one != null) {
                times.saw(id, nowMs, one.highWatermark());
            }
        });
        List<GroupLag> all = new ArrayList<>();
        totals.groups().forEach(group -> all.add(of(group, bounds, times, nowMs)));
        return all;
    }

    /// Where a partition begins and ends for readers.
    record Bounds(long start, long highWatermark, long stable) {}

    private static GroupLag of(
            GroupFigures group, Map<TopicPartition, Bounds> bounds, LagTimes times, long nowMs) {
        List<Behind> behind = new ArrayList<>();
        group.committed().forEach((id, committed) -> {
            Bounds one = bounds.get(id);
            if (one != null) {
                long from = Math.max(committed, one.start());
                behind.add(new Behind(id, committed, Math.max(0, one.highWatermark() - from),
                        Math.max(0, one.highWatermark() - Math.max(from, one.stable())),
                        times.seconds(id, from, nowMs)));
            }
        });
        return new GroupLag(group, behind.stream().mapToLong(Behind::records).sum(),
                behind.stream().mapToLong(Behind::held).sum(),
                behind.stream().mapToDouble(Behind::seconds).max().orElse(0), behind);
    }
}
