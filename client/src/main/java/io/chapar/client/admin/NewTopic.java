package io.chapar.client.admin;

import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// A topic to create. `partitions` and `replicationFactor` -1: the broker's default. `configs` by Kafka's names.
public record NewTopic(String name, int partitions, int replicationFactor, Map<String, String> configs) {
    public static final int BROKER_DEFAULT = -1;

    public NewTopic {
        Objects.requireNonNull(name, "name");
        configs = new TreeMap<>(configs);
    }

    public NewTopic(String name, int partitions) {
        this(name, partitions, BROKER_DEFAULT, Map.of());
    }
}
