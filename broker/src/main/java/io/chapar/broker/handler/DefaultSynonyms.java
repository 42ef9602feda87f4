package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Under what names Kafka shows what holds by default of brokers and topics. Of a broker's setting that can be said in
/// several units the coarsest has the default there; of topics Kafka then shows none, and this broker the finest.
final class DefaultSynonyms {
    private static final Map<String, String> COARSEST = Map.of(
            "log.retention.ms", "log.retention.hours",
            "log.roll.ms", "log.roll.hours",
            "log.flush.interval.ms", "log.flush.scheduler.interval.ms");

    /// Settings of topics that are those of brokers too at Kafka, and without effect here.
    private static final Map<String, String> OF_TOPICS = Map.of(
            "remote.copy.lag.ms", "log.remote.copy.lag.ms",
            "remote.copy.lag.bytes", "log.remote.copy.lag.bytes",
            "file.delete.delay.ms", "log.segment.delete.delay.ms",
            "preallocate", "log.preallocate",
            "local.retention.ms", "log.local.retention.ms",
            "local.retention.bytes", "log.local.retention.bytes");

    private DefaultSynonyms() {}

    static DescribeConfigsSynonym of(BrokerConfig.Setting setting) {
        return builtIn(COARSEST.getOrDefault(setting.name(), setting.name()), setting.byDefault());
    }

    /// Null where there is none: the default is that of topics alone.
    static @Nullable DescribeConfigsSynonym of(TopicConfig.Setting setting) {
        String key = setting.brokerKey();
        String name = key == null ? OF_TOPICS.get(setting.name()) : key;
        return name == null ? null : builtIn(name, setting.byDefault());
    }

    /// @param value of times: in milliseconds
    private static DescribeConfigsSynonym builtIn(String name, String value) {
        String said = name.endsWith(".hours")
                ? Long.toString(TimeUnit.MILLISECONDS.toHours(Long.parseLong(value))) : value;
        return new DescribeConfigsSynonym(name, said, ConfigSource.BUILT_IN.wire());
    }
}
