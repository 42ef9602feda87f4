package io.chapar.broker.handler;

import io.chapar.broker.config.TopicConfig;

/// Where the value of a setting comes from, by the numbers of the wire.
enum ConfigSource {
    TOPIC(1), STATIC_BROKER(4), BUILT_IN(5);

    private final int wire;

    ConfigSource(int wire) {
        this.wire = wire;
    }

    byte wire() {
        return (byte) wire;
    }

    static ConfigSource of(TopicConfig config, TopicConfig.Setting setting) {
        if (config.isGiven(setting)) {
            return TOPIC;
        }
        return config.isFromBroker(setting) ? STATIC_BROKER : BUILT_IN;
    }
}
