package io.chapar.broker.metrics;

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

    public static int all(Totals totals) {
        return partitions(totals) + groups(totals) + (int) transactionalIds(totals);
    }
}
