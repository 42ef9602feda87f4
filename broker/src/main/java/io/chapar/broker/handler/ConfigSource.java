package io.chapar.broker.handler;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.settings.BrokerSettings;

/// Where the value of a setting comes from, by the numbers of the wire.
enum ConfigSource {
    TOPIC(1), BROKER(2), ALL_BROKERS(3), STARTED(4), BUILT_IN(5), LOGGER(6), CLIENT_METRICS(7), GROUP(8);

    private final int wire;

    ConfigSource(int wire) {
        this.wire = wire;
    }

    byte wire() {
        return (byte) wire;
    }

    static ConfigSource of(TopicConfig config, TopicConfig.Setting setting, BrokerSettings broker) {
        if (config.isGiven(setting)) {
            return TOPIC;
        }
        return setting.brokerKey() == null ? BUILT_IN : of(broker.source(setting.brokerKey()));
    }

    static ConfigSource of(BrokerSettings.Source source) {
        return switch (source) {
            case OF_BROKER -> BROKER;
            case OF_ALL -> ALL_BROKERS;
            case STARTED -> STARTED;
            case BUILT_IN -> BUILT_IN;
        };
    }
}
