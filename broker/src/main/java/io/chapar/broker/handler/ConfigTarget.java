package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;

import static java.util.Objects.requireNonNullElse;

/// What settings are asked about or changed, as the wire names it.
///
/// @param type the number of the kind
record ConfigTarget(byte type, String name) {
    static final byte TOPIC = 2;
    static final byte BROKER = 4;
    static final byte BROKER_LOGGER = 8;
    static final byte CLIENT_METRICS = 16;
    static final byte GROUP = 32;

    /// Null for topics and loggers.
    @Nullable ConfigOwner owner() {
        ConfigOwner.Kind kind = ConfigOwner.Kind.of(type);
        return kind == null ? null : new ConfigOwner(kind, name);
    }

    /// Why nothing can be changed there, as a sentence; null when something can.
    @Nullable String problem(LocalBroker node) {
        return switch (type) {
            case TOPIC -> null;
            case BROKER -> name.isEmpty() || isBroker(node) ? null : "There is no broker '" + name + "'.";
            case BROKER_LOGGER -> name.equals(Integer.toString(node.id())) ? null
                    : "This is broker " + node.id() + ", not '" + name + "'.";
            case CLIENT_METRICS -> name.isEmpty() ? "A subscription to clients' metrics has a name." : null;
            case GROUP -> name.isEmpty() ? "A group has a name." : null;
            default -> "Settings of resources of type " + type + " are not served.";
        };
    }

    private boolean isBroker(LocalBroker node) {
        return name.equals(Integer.toString(node.id()))
                || node.image().brokers().keySet().stream().anyMatch(id -> name.equals(Integer.toString(id)));
    }

    /// What is wrong with settings of such a thing is said in this error, as at Kafka.
    ///
    /// @param changes of which one is wrong; a null value unsets
    ErrorCode refusal(Map<String, String> changes) {
        return switch (type) {
            case BROKER -> ErrorCode.INVALID_REQUEST;
            case CLIENT_METRICS -> OwnedSettings.isRequestWrong(changes)
                    ? ErrorCode.INVALID_REQUEST : ErrorCode.INVALID_CONFIG;
            default -> ErrorCode.INVALID_CONFIG;
        };
    }

    /// What is set for it alone; null when there is no such thing.
    @Nullable SortedMap<String, String> own(LocalBroker node) {
        if (type == TOPIC) {
            TopicImage topic = node.image().topic(name);
            return topic == null ? null : topic.config();
        }
        ConfigOwner owner = owner();
        return owner == null ? Collections.emptySortedMap() : node.image().settings().of(owner);
    }

    /// Null when the setting is no list.
    @Nullable String list(String setting, LocalBroker node) {
        if (type == TOPIC) {
            TopicConfig.Setting known = TopicConfig.setting(setting);
            TopicImage topic = node.image().topic(name);
            return known == null || topic == null || !known.isList() ? null : node.config(topic).value(known);
        }
        BrokerConfig.Setting known = switch (type) {
            case BROKER -> BrokerConfig.setting(setting);
            case CLIENT_METRICS -> OwnedSettings.clientMetrics().setting(setting);
            case GROUP -> OwnedSettings.group().setting(setting);
            default -> null;
        };
        if (known == null || !known.isList()) {
            return null;
        }
        String own = requireNonNullElse(own(node), Collections.<String, String>emptySortedMap()).get(setting);
        return own != null ? own : type == BROKER ? node.config().value(setting) : known.byDefault();
    }
}
