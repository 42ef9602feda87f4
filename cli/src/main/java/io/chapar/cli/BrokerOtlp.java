package io.chapar.cli;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.cli.otlp.OtlpAddress;
import io.chapar.cli.otlp.OtlpPush;
import org.jspecify.annotations.Nullable;

/// The metrics of a broker on their way to a collector. Nothing of OpenTelemetry's is loaded where there is none.
record BrokerOtlp(OtlpPush push) implements AutoCloseable {

    /// Null where metrics go nowhere. Throws IllegalArgumentException where the environment says something that makes
    /// no sense.
    static @Nullable OtlpAddress address(BrokerConfig config) {
        String endpoint = config.value("metrics.otlp.endpoint");
        return endpoint.isEmpty() ? null : OtlpAddress.of(endpoint, System.getenv());
    }

    static @Nullable BrokerOtlp open(Broker broker, BrokerConfig config, @Nullable OtlpAddress address) {
        return address == null ? null
                : new BrokerOtlp(OtlpPush.start(broker.metrics(), address, config.nodeId(), broker.clusterId()));
    }

    @Override
    public void close() {
        push.close();
    }
}
