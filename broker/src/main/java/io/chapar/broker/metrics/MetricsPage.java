package io.chapar.broker.metrics;

import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

import java.util.function.IntSupplier;
import java.util.function.Supplier;

/// The page that Prometheus reads.
public final class MetricsPage {
    public static final String PATH = "/metrics";

    private MetricsPage() {}

    /// @param look looks at every loop; called on threads of the HTTP port, which may block
    public static HttpHandler handler(Supplier<Totals> look, IntSupplier connections, int nodeId, String clusterId) {
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(new BrokerMetrics(look, connections, nodeId, clusterId));
        return new MetricsHandler(registry);
    }
}
