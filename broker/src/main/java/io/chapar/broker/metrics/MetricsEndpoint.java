package io.chapar.broker.metrics;

import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

import java.io.IOException;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/// The page that Prometheus reads, `/metrics`, on a port of its own. Nothing of it exists while nobody asked for it.
public final class MetricsEndpoint implements AutoCloseable {
    private final HTTPServer server;

    private MetricsEndpoint(HTTPServer server) {
        this.server = server;
    }

    /// @param look looks at every loop; called on threads of the endpoint, which may block
    public static MetricsEndpoint start(
            String host, int port, Supplier<Totals> look, IntSupplier connections, int nodeId, String clusterId)
            throws IOException {
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(new BrokerMetrics(look, connections, nodeId, clusterId));
        return new MetricsEndpoint(
                HTTPServer.builder().hostname(host).port(port).registry(registry).buildAndStart());
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.close();
    }
}
