package io.chapar.broker.metrics;

import io.chapar.protocol.TopicPartition;

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

    public static int all(Totals totals) {
        return partitions(totals) + groups(totals) + (int) transactionalIds(totals);
    }
}
