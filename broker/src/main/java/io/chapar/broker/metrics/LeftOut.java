package io.chapar.broker.metrics;

import io.prometheus.metrics.model.snapshots.Labels;

import java.util.Map;

/// What has no series of its own since `metrics.max.named` is reached, or its name is too long.
final class LeftOut {
    private final Map<Labels, Double> counts = Snapshots.values();

    void count(String what, long more) {
        counts.put(Labels.of("what", what), (double) Math.max(0, more));
    }

    void add(Snapshots out) {
        out.gauges("chapar_metrics_left_out",
                "Topics, partitions and groups without series of their own, since metrics.max.named is reached or"
                        + " their names are too long.",
                counts);
    }
}
