package io.chapar.broker.metrics;

import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

import java.util.function.IntSupplier;

/// The page that Prometheus reads.
public final class MetricsPage {
    public static final String PATH = "/metrics";

    private MetricsPage() {}

    public static HttpHandler handler(
            Observatory observatory, IntSupplier connections, int nodeId, String clusterId, int most) {
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(new BrokerMetrics(observatory, connections, nodeId, clusterId, most));
        return new MetricsHandler(registry);
    }
}
