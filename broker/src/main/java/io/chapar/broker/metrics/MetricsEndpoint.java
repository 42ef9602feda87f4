package io.chapar.broker.metrics;

import io.chapar.broker.config.HostPort;
import io.prometheus.metrics.exporter.httpserver.DefaultHandler;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/// The page that Prometheus reads, `/metrics`, and [HealthPages], on a port of their own. Nothing of it exists while
/// nobody asked for it.
public final class MetricsEndpoint implements AutoCloseable {
    private static final String PATH = "/metrics";

    private final HTTPServer server;

    private MetricsEndpoint(HTTPServer server) {
        this.server = server;
    }

    /// @param look looks at every loop; called on threads of the endpoint, which may block
    /// @param dead as [HealthPages]
    /// @param unready as [HealthPages]
    public static MetricsEndpoint start(
            HostPort at, Supplier<Totals> look, IntSupplier connections, int nodeId, String clusterId,
            Supplier<@Nullable String> dead, Supplier<@Nullable String> unready) throws IOException {
        PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(new BrokerMetrics(look, connections, nodeId, clusterId));
        return new MetricsEndpoint(
                HTTPServer.builder().hostname(at.host()).port(at.port()).registry(registry)
                        .defaultHandler(new HealthPages(dead, unready, new DefaultHandler(PATH))).buildAndStart());
    }

    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.close();
    }
}
