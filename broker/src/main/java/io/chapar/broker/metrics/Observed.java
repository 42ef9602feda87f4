package io.chapar.broker.metrics;

import java.util.List;

/// What one look at the whole broker came to.
///
/// @param atMs of the process's clock, when it was over
/// @param diskSecondsLeft until the disk is full; infinite where it does not fill
record Observed(
        Totals totals,
        ClusterFigures cluster,
        List<GroupLag> lags,
        LastMinute.Rates rates,
        double diskSecondsLeft,
        long atMs) {}
