package io.chapar.broker.metrics;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.protocol.TopicPartition;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;

import java.util.Map;

/// What a look has found so far, for tests of other packages.
public final class MeasuredThings {
    private MeasuredThings() {}

    public static int partitions(Totals totals) {
        return totals.figures().size();
    }

    public static int groups(Totals totals) {
        return totals.groups().size();
    }

    public static long transactionalIds(Totals totals) {
        return totals.idsByState().values().stream().mapToLong(Long::longValue).sum();
    }

    public static Map<TopicPartition, Totals.Ends> endsElsewhere(Totals totals) {
        return totals.elsewhere();
    }

    /// What whoever scrapes the broker gets under the name.
    public static double gauge(Totals totals, String name) {
        Observatory observatory =
                new Observatory(() -> totals, () -> ClusterFigures.of(ClusterImage.EMPTY, 1, 1, null));
        return new BrokerMetrics(observatory, () -> 0, 1, "c", 1).collect().stream()
                .filter(one -> one.getMetadata().getName().equals(name))
                .map(GaugeSnapshot.class::cast).findFirst().orElseThrow().getDataPoints().getFirst().getValue();
    }

    public static int all(Totals totals) {
        return partitions(totals) + groups(totals) + (int) transactionalIds(totals);
    }
}
