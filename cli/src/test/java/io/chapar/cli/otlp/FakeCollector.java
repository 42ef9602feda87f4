package io.chapar.cli.otlp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/// Takes what is pushed, and reads it with the classes that are generated from OTLP's own definition.
final class FakeCollector implements AutoCloseable {
    private final HttpServer server;
    private final List<ExportMetricsServiceRequest> pushed = new CopyOnWriteArrayList<>();
    private final List<String> tokens = new CopyOnWriteArrayList<>();

    private final AtomicInteger refused = new AtomicInteger();
    private volatile int status = 200;

    FakeCollector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/metrics", this::take);
        server.start();
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /// From now on with this status.
    void answer(int with) {
        status = with;
    }

    /// Pushes that were not answered with 200.
    int refused() {
        return refused.get();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange; InputStream in = new GZIPInputStream(exchange.getRequestBody())) {
            if (status != 200) {
                refused.incrementAndGet();
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            pushed.add(ExportMetricsServiceRequest.parseFrom(in));
            exchange.sendResponseHeaders(200, -1);
        }
    }

    List<ExportMetricsServiceRequest> pushed() {
        return pushed;
    }

    List<String> tokens() {
        return tokens;
    }

    /// The series of a push, written as Prometheus reads them.
    static Map<String, Double> series(ExportMetricsServiceRequest push) {
        Map<String, Double> all = new TreeMap<>();
        metrics(push).forEach(metric -> {
            for (NumberDataPoint point : metric.hasSum() ? metric.getSum().getDataPointsList()
                    : metric.getGauge().getDataPointsList()) {
                all.put(metric.getName() + labels(point.getAttributesList(), null), point.getAsDouble());
            }
            for (HistogramDataPoint point : metric.getHistogram().getDataPointsList()) {
                addHistogram(metric.getName(), point, all);
            }
        });
        return all;
    }

    static Stream<Metric> metrics(ExportMetricsServiceRequest push) {
        return push.getResourceMetricsList().stream().flatMap(resource -> resource.getScopeMetricsList().stream())
                .flatMap(scope -> scope.getMetricsList().stream());
    }

    private static void addHistogram(String name, HistogramDataPoint point, Map<String, Double> all) {
        long sum = 0;
        for (int i = 0; i < point.getBucketCountsCount(); i++) {
            sum += point.getBucketCounts(i);
            String bound = i < point.getExplicitBoundsCount() ? Double.toString(point.getExplicitBounds(i)) : "+Inf";
            all.put(name + "_bucket" + labels(point.getAttributesList(), bound), (double) sum);
        }
        all.put(name + "_count" + labels(point.getAttributesList(), null), (double) point.getCount());
        all.put(name + "_sum" + labels(point.getAttributesList(), null), point.getSum());
    }

    /// By name, as the page has them; a bound is the last one.
    private static String labels(List<KeyValue> attributes, String bound) {
        List<String> all = new ArrayList<>(attributes.stream()
                .map(one -> one.getKey() + "=\"" + one.getValue().getStringValue() + "\"").sorted().toList());
        if (bound != null) {
            all.add("le=\"" + bound + "\"");
        }
        return all.isEmpty() ? "" : all.stream().collect(Collectors.joining(",", "{", "}"));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
