package io.chapar.cli.otlp;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.Data;
import io.opentelemetry.sdk.metrics.data.DoubleExemplarData;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.GaugeData;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.SumData;
import io.opentelemetry.sdk.resources.Resource;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// What a broker tells Prometheus, as OpenTelemetry has it: by the names of `/metrics`, so what is drawn of the one
/// can be drawn of the other. Counters and histograms count from the start of the process.
final class OtlpMetrics {
    private static final InstrumentationScopeInfo SCOPE = InstrumentationScopeInfo.create("io.chapar.broker");

    private final Resource resource;
    private final long startedNs;

    /// @param startedNs when the process began, since 1970
    OtlpMetrics(Resource resource, long startedNs) {
        this.resource = resource;
        this.startedNs = startedNs;
    }

    private record Metric(
            Resource getResource,
            InstrumentationScopeInfo getInstrumentationScopeInfo,
            String getName,
            String getDescription,
            String getUnit,
            MetricDataType getType,
            Data<?> getData)
            implements MetricData {}

    /// One with exemplars, which the library makes for itself alone.
    private record Histogram(
            long getStartEpochNanos,
            long getEpochNanos,
            Attributes getAttributes,
            double getSum,
            long getCount,
            List<Double> getBoundaries,
            List<Long> getCounts,
            List<DoubleExemplarData> getExemplars)
            implements HistogramPointData {
        @Override
        public boolean hasMin() {
            return false;
        }

        @Override
        public double getMin() {
            return 0;
        }

        @Override
        public boolean hasMax() {
            return false;
        }

        @Override
        public double getMax() {
            return 0;
        }
    }

    /// @param nowNs when they were taken, since 1970
    List<MetricData> of(MetricSnapshots all, long nowNs) {
        List<MetricData> metrics = new ArrayList<>();
        for (MetricSnapshot one : all) {
            switch (one) {
                case CounterSnapshot counter -> add(metrics, one, "_total", MetricDataType.DOUBLE_SUM,
                        SumData.createDoubleSumData(true, AggregationTemporality.CUMULATIVE, counter.getDataPoints()
                                .stream().map(point -> value(point.getLabels(), point.getValue(), nowNs)).toList()));
                case GaugeSnapshot gauge -> add(metrics, one, "", MetricDataType.DOUBLE_GAUGE,
                        GaugeData.createDoubleGaugeData(gauge.getDataPoints().stream()
                                .map(point -> value(point.getLabels(), point.getValue(), nowNs)).toList()));
                case HistogramSnapshot histogram -> add(metrics, one, "", MetricDataType.HISTOGRAM,
                        HistogramData.create(AggregationTemporality.CUMULATIVE, histogram.getDataPoints().stream()
                                .map(point -> distribution(point, nowNs)).toList()));
                default -> throw new IllegalArgumentException(one.getMetadata().getName() + " is of no known kind");
            }
        }
        return metrics;
    }

    private void add(
            List<MetricData> metrics, MetricSnapshot one, String ending, MetricDataType type, Data<?> data) {
        // OTLP has no metrics without points.
        if (!data.getPoints().isEmpty()) {
            String help = one.getMetadata().getHelp();
            metrics.add(new Metric(resource, SCOPE, one.getMetadata().getPrometheusName() + ending,
                    help == null ? "" : help, "", type, data));
        }
    }

    private DoublePointData value(Labels labels, double value, long nowNs) {
        return DoublePointData.create(startedNs, nowNs, attributes(labels), value, List.of());
    }

    private HistogramPointData distribution(HistogramSnapshot.HistogramDataPointSnapshot point, long nowNs) {
        ClassicHistogramBuckets buckets = point.getClassicBuckets();
        List<Double> bounds = new ArrayList<>();
        List<Long> counts = new ArrayList<>();
        for (int i = 0; i < buckets.size(); i++) {
            counts.add(buckets.getCount(i));
            // The last one has no bound.
            if (i < buckets.size() - 1) {
                bounds.add(buckets.getUpperBound(i));
            }
        }
        return new Histogram(startedNs, nowNs, attributes(point.getLabels()), point.getSum(), point.getCount(), bounds,
                counts, exemplars(point.getExemplars(), nowNs));
    }

    private static List<DoubleExemplarData> exemplars(Exemplars exemplars, long nowNs) {
        List<DoubleExemplarData> all = new ArrayList<>();
        for (Exemplar one : exemplars) {
            all.add(DoubleExemplarData.create(attributes(one.getLabels()),
                    one.hasTimestamp() ? TimeUnit.MILLISECONDS.toNanos(one.getTimestampMillis()) : nowNs,
                    SpanContext.getInvalid(), one.getValue()));
        }
        return all;
    }

    private static Attributes attributes(Labels labels) {
        AttributesBuilder attributes = Attributes.builder();
        labels.forEach(label -> attributes.put(label.getName(), label.getValue()));
        return attributes.build();
    }
}
