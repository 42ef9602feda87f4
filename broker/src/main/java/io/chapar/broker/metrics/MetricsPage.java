package io.chapar.broker.metrics;

import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// The page that Prometheus reads.
public final class MetricsPage {
    public static final String PATH = "/metrics";
    /// Each makes all of its text before it sends any: tens of MB where everything has the longest name that it may.
    public static final int AT_ONCE = 6;

    private MetricsPage() {}

    public static HttpHandler handler(BrokerMetrics metrics) {
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(metrics);
        return new MetricsHandler(registry);
    }
}
