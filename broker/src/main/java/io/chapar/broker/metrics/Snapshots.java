package io.chapar.broker.metrics;

import io.chapar.protocol.TopicPartition;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/// Metrics in the making, as the Prometheus client wants them. Not thread-safe.
final class Snapshots {
    private static final double NS_PER_SECOND = 1e9;

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

    /// @param exemplar what the name of the slowest is, as a label; null where none has a name
    void histograms(String name, String help, @Nullable String exemplar, Map<Labels, Distribution> values) {
        HistogramSnapshot.Builder histogram = HistogramSnapshot.builder().name(name).help(help);
        values.forEach((labels, value) -> histogram.dataPoint(
                HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .labels(labels)
                        .sum(value.sumSeconds())
                        .classicHistogramBuckets(
                                ClassicHistogramBuckets.of(Distribution.boundsSeconds(), value.counts()))
                        .exemplars(exemplar == null ? Exemplars.EMPTY : slowest(exemplar, value))
                        .build()));
        all.add(histogram.build());
    }

    /// Who was the slowest of the last minute: OpenMetrics has room for it.
    private static Exemplars slowest(String label, Distribution values) {
        String who = values.slowestWho();
        long nowNs = System.nanoTime();
        if (who.isEmpty() || !values.hasSlowest(nowNs)) {
            return Exemplars.EMPTY;
        }
        long agoMs = TimeUnit.NANOSECONDS.toMillis(nowNs - values.slowestAtNs());
        return Exemplars.of(Exemplar.builder()
                .value(values.slowestNs() / NS_PER_SECOND)
                .labels(Labels.of(label, who))
                .timestampMillis(System.currentTimeMillis() - agoMs)
                .build());
    }

    static Labels labels(TopicPartition id) {
        return Labels.of("topic", id.topic(), "partition", Integer.toString(id.partition()));
    }

    /// In the same order.
    static <T, V> Map<Labels, V> of(List<T> all, Function<T, Labels> labels, Function<T, V> value) {
        Map<Labels, V> named = new LinkedHashMap<>();
        all.forEach(one -> named.put(labels.apply(one), value.apply(one)));
        return named;
    }

    static <V> Map<Labels, Double> map(Map<Labels, V> named, ToLongFunction<V> figure) {
        return doubles(named, one -> figure.applyAsLong(one));
    }

    static <V> Map<Labels, Double> doubles(Map<Labels, V> named, ToDoubleFunction<V> figure) {
        Map<Labels, Double> figures = values();
        named.forEach((labels, one) -> figures.put(labels, figure.applyAsDouble(one)));
        return figures;
    }

    /// Labelled values in the order in which they are put.
    static Map<Labels, Double> values() {
        return new LinkedHashMap<>();
    }
}
