package io.chapar.console.view;

import io.chapar.client.admin.ReplicaSize;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import org.jspecify.annotations.Nullable;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// All topics, their sizes and how fast these change, remembered for all who look.
final class TopicFacts {
    private static final long LIST_MS = 3_000;
    private static final long SIZES_MS = 10_000;

    /// @param bytes of all replicas
    /// @param perSecond null before there were two looks
    record Size(long bytes, @Nullable Long perSecond) {
        static final Size NONE = new Size(0, null);
    }

    /// The topic as it stands in lists.
    record Row(String name, boolean internal, int partitions, int replicas, long bytes, @Nullable Long perSecond,
            int leaderless, int underReplicated) {
    }

    private record Look(long atNs, SortedMap<String, Long> bytes, SortedMap<String, Size> sizes) {}

    private final ClusterLink cluster;
    private final Remembered<List<TopicView>> list;
    private final Remembered<Look> sizes;
    /// Of the thread that looks at sizes, under the lock there.
    private @Nullable Look before;

    TopicFacts(ClusterLink cluster) {
        this.cluster = cluster;
        list = new Remembered<>(LIST_MS, () -> cluster.admin().listTopics().stream()
                .sorted(Comparator.comparing(TopicView::name)).toList());
        sizes = new Remembered<>(SIZES_MS, this::lookAtSizes);
    }

    /// By name.
    List<TopicView> all() {
        return list.get();
    }

    List<Row> rows() {
        Map<String, Size> known = sizes.get().sizes;
        return all().stream().map(topic -> row(topic, known.getOrDefault(topic.name(), Size.NONE))).toList();
    }

    private static Row row(TopicView topic, Size size) {
        int leaderless = 0;
        int underReplicated = 0;
        int replicas = 0;
        for (PartitionView one : topic.partitions()) {
            leaderless += one.hasLeader() ? 0 : 1;
            underReplicated += one.inSync().size() < one.replicas().size() ? 1 : 0;
            replicas = Math.max(replicas, one.replicas().size());
        }
        return new Row(topic.name(), topic.internal(), topic.partitionCount(), replicas, size.bytes, size.perSecond,
                leaderless, underReplicated);
    }

    private Look lookAtSizes() {
        SortedMap<String, Long> bytes = new TreeMap<>();
        for (ReplicaSize one : cluster.admin().replicaSizes(all())) {
            bytes.merge(one.partition().topic(), one.bytes(), Long::sum);
        }
        long nowNs = System.nanoTime();
        Look earlier = before;
        SortedMap<String, Size> known = new TreeMap<>();
        bytes.forEach((topic, now) -> known.put(topic, new Size(now, earlier == null ? null
                : perSecond(now - earlier.bytes.getOrDefault(topic, 0L), nowNs - earlier.atNs))));
        Look look = new Look(nowNs, bytes, known);
        before = look;
        return look;
    }

    private static long perSecond(long bytes, long ns) {
        return Math.round(bytes * 1e9 / Math.max(1, ns));
    }
}
