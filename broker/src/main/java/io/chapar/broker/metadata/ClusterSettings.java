package io.chapar.broker.metadata;

import io.chapar.broker.config.DynamicSettings;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What is set while brokers run, but for topics. Never changes; another one is another object.
///
/// @param configs of each owner that has any, its settings by Kafka's names
/// @param quotas of each entity that has any, by Kafka's names
public record ClusterSettings(
        PersistentMap<ConfigOwner, SortedMap<String, String>> configs,
        PersistentMap<QuotaEntity, SortedMap<String, Double>> quotas) {
    public static final ClusterSettings NONE =
            new ClusterSettings(PersistentMap.empty(), PersistentMap.empty());

    /// Empty when it has none of its own.
    public SortedMap<String, String> of(ConfigOwner owner) {
        SortedMap<String, String> config = configs.get(owner);
        return config == null ? Collections.emptySortedMap() : config;
    }

    /// Empty when it has none of its own.
    public SortedMap<String, Double> of(QuotaEntity entity) {
        SortedMap<String, Double> own = quotas.get(entity);
        return own == null ? Collections.emptySortedMap() : own;
    }

    /// Whether the broker is to get no new replicas but those that somebody assigns to it.
    public boolean isDrained(int node) {
        return DynamicSettings.ALL_FOLDERS.equals(of(ConfigOwner.broker(node)).get(DynamicSettings.CORDONED));
    }

    /// Whether the configs are those of the other, none changed since; what was changed and changed back may count as
    /// another.
    @SuppressWarnings("ReferenceEquality") // maps are never changed, and there may be many in them
    public boolean isConfiguredAs(ClusterSettings other) {
        return configs == other.configs;
    }

    /// With these in place of all that it had.
    ClusterSettings with(ConfigOwner owner, SortedMap<String, String> config) {
        return new ClusterSettings(config.isEmpty() ? configs.without(owner) : configs.with(owner, config), quotas);
    }

    /// With these in place of all that it had.
    ClusterSettings with(QuotaEntity entity, SortedMap<String, Double> own) {
        return new ClusterSettings(configs, own.isEmpty() ? quotas.without(entity) : quotas.with(entity, own));
    }

    /// What is left of `before` after the changes: those whose value is null are gone, and with `replace` all others.
    static <V> SortedMap<String, V> changed(
            SortedMap<String, V> before, SortedMap<String, V> changes, boolean replace) {
        TreeMap<String, V> after = replace ? new TreeMap<>() : new TreeMap<>(before);
        changes.forEach((name, value) -> {
            if (value == null) {
                after.remove(name);
            } else {
                after.put(name, value);
            }
        });
        return Collections.unmodifiableSortedMap(after);
    }
}
