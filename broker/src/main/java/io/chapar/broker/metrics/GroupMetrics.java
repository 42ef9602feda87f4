package io.chapar.broker.metrics;

import io.prometheus.metrics.model.snapshots.Labels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/// What is told of the groups whose coordinators are here.
final class GroupMetrics {
    /// Of a name that has series of its own, each of which says it. No topic has a longer one, and groups of strangers
    /// may have 32,767.
    static final int MOST_NAME_CHARS = 249;

    private GroupMetrics() {}

    private record Read(String group, GroupLag.Behind behind) {
        Labels labels() {
            return Labels.of("group", group, "topic", behind.id().topic(), "partition",
                    Integer.toString(behind.id().partition()));
        }
    }

    static void add(Observed seen, int most, LeftOut leftOut, Snapshots out) {
        Map<Labels, Double> byState = Snapshots.values();
        seen.totals().groups().forEach(group ->
                byState.merge(Labels.of("type", group.type(), "state", group.state()), 1.0, Double::sum));
        out.gauges("chapar_groups", "Groups by type and state.", byState);
        out.gauge("chapar_group_coordinators_loading", "Coordinators whose groups are not known yet.",
                seen.totals().loadingCoordinators());
        List<GroupLag> all = seen.lags().stream().sorted(Comparator.comparing(lag -> lag.group().id())).toList();
        List<GroupLag> shown = all.stream().filter(lag -> lag.group().id().length() <= MOST_NAME_CHARS)
                .limit(most).toList();
        leftOut.count("groups", all.size() - shown.size());
        Map<Labels, GroupLag> named = Snapshots.of(shown, lag -> Labels.of("group", lag.group().id()), lag -> lag);
        out.gauges("chapar_group_members", "Members of the group.",
                Snapshots.map(named, lag -> lag.group().members()));
        Map<Labels, GroupLag> reading = Snapshots.of(
                shown.stream().filter(lag -> !lag.partitions().isEmpty()).toList(),
                lag -> Labels.of("group", lag.group().id()), lag -> lag);
        out.gauges("chapar_group_lag", "Records that the group has not committed yet, of all its partitions.",
                Snapshots.map(reading, GroupLag::records));
        out.gauges("chapar_group_lag_held",
                "Of those, the ones that readers of committed data cannot have since a transaction is open.",
                Snapshots.map(reading, GroupLag::held));
        out.gauges("chapar_group_lag_seconds", "For how long the oldest record that the group misses has been there.",
                Snapshots.doubles(reading, GroupLag::seconds));
        partitions(shown, most, leftOut, out);
    }

    private static void partitions(List<GroupLag> shown, int most, LeftOut leftOut, Snapshots out) {
        List<Read> all = new ArrayList<>();
        shown.forEach(lag -> lag.partitions().forEach(one -> all.add(new Read(lag.group().id(), one))));
        leftOut.count("group_partitions", all.size() - most);
        Map<Labels, Read> named = Snapshots.of(
                all.stream().limit(most).toList(), Read::labels, one -> one);
        out.gauges("chapar_group_committed_offset", "Where the group goes on in the partition.",
                Snapshots.map(named, one -> one.behind().committed()));
        out.gauges("chapar_group_partition_lag", "Records of the partition that the group has not committed yet.",
                Snapshots.map(named, one -> one.behind().records()));
        out.gauges("chapar_group_partition_lag_seconds",
                "For how long the oldest record of the partition that the group misses has been there.",
                Snapshots.doubles(named, one -> one.behind().seconds()));
    }
}
