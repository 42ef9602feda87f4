package io.chapar.broker.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Metrics in the making, as the Prometheus client wants them. Not thread-safe.
final class Snapshots {
    private final List<MetricSnapshot> all = new ArrayList<>();

    MetricSnapshots done() {
        return new MetricSnapshots(all);
    }

    void counter(String name, String help, double value) {
        counters(name, help, Map.of(Labels.EMPTY, value));
    }

    void counter(String name, String help, long value) {
        counter(name, help, (double) value);
    }

    void counters(String name, String help, Map<Labels, Double> values) {
        CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help(help);
        values.forEach((labels, value) -> counter.dataPoint(
                CounterSnapshot.CounterDataPointSnapshot.builder().labels(labels).value(value).build()));
        all.add(counter.build());
    }

    void gauge(String name, String help, double value) {
        gauges(name, help, Map.of(Labels.EMPTY, value));
    }

    void gauge(String name, String help, long value) {
        gauge(name, help, (double) value);
    }

    void gauges(String name, String help, Map<Labels, Double> values) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name).help(help);
        values.forEach((labels, value) -> gauge.dataPoint(
                GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(labels).value(value).build()));
        all.add(gauge.build());
    }

    void histograms(String name, String help, Map<Labels, Distribution> values) {
        HistogramSnapshot.Builder histogram = HistogramSnapshot.builder().name(name).help(help);
        values.forEach((labels, value) -> histogram.dataPoint(
                HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .labels(labels)
                        .sum(value.sumSeconds())
                        .classicHistogramBuckets(
                                ClassicHistogramBuckets.of(Distribution.boundsSeconds(), value.counts()))
                        .build()));
        all.add(histogram.build());
    }

    /// Labelled values in the order in which they are put.
    static Map<Labels, Double> values() {
        return new LinkedHashMap<>();
    }
}
