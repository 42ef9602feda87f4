package io.chapar.broker.telemetry;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.pattern.NamePattern;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;

import static java.util.Objects.requireNonNull;

/// Which metrics are wanted of which clients, of all subscriptions together (KIP-714). On one loop.
final class Subscriptions {
    private static final String ALL = "*";

    /// @param match of what is looked at, the pattern that the whole of it has to match
    private record Subscription(SortedSet<String> metrics, int intervalMs, Map<String, NamePattern> match) {}

    /// What one client is asked for.
    ///
    /// @param id differs where anything else does
    /// @param metrics beginnings of names; one empty text for all of them
    record Wanted(int id, int intervalMs, List<String> metrics) {}

    private final List<Subscription> all = new ArrayList<>();
    private final int usualIntervalMs;

    Subscriptions(ClusterSettings settings) {
        usualIntervalMs = Integer.parseInt(setting(OwnedSettings.INTERVAL_MS).byDefault());
        settings.configs().forEach((owner, config) -> {
            if (owner.kind() == ConfigOwner.Kind.CLIENT_METRICS) {
                all.add(subscription(config));
            }
        });
    }

    private static BrokerConfig.Setting setting(String name) {
        return requireNonNull(OwnedSettings.clientMetrics().setting(name), name);
    }

    private static Subscription subscription(SortedMap<String, String> config) {
        SortedSet<String> metrics = new TreeSet<>(items(config.getOrDefault(OwnedSettings.METRICS, "")));
        Map<String, NamePattern> match = new LinkedHashMap<>();
        for (String one : items(config.getOrDefault(OwnedSettings.MATCH, ""))) {
            int at = one.indexOf('=');
            match.put(one.substring(0, at).strip(), NamePattern.of(one.substring(at + 1).strip()));
        }
        String interval = config.getOrDefault(
                OwnedSettings.INTERVAL_MS, setting(OwnedSettings.INTERVAL_MS).byDefault());
        return new Subscription(metrics, Integer.parseInt(interval.strip()), match);
    }

    private static List<String> items(String list) {
        List<String> items = new ArrayList<>();
        for (String item : list.split(",", -1)) {
            if (!item.isBlank()) {
                items.add(item.strip());
            }
        }
        return items;
    }

    /// All that those want whose patterns match; as often as the most eager of them.
    Wanted of(ClientIdentity client) {
        SortedSet<String> metrics = new TreeSet<>();
        int intervalMs = Integer.MAX_VALUE;
        for (Subscription one : all) {
            boolean isMeant = one.match().entrySet().stream()
                    .allMatch(match -> match.getValue().matches(client.of(match.getKey())));
            if (isMeant && !one.metrics().isEmpty()) {
                metrics.addAll(one.metrics());
                intervalMs = Math.min(intervalMs, one.intervalMs());
            }
        }
        List<String> told = metrics.contains(ALL) ? List.of("") : List.copyOf(metrics);
        int everyMs = metrics.isEmpty() ? usualIntervalMs : intervalMs;
        CRC32C id = new CRC32C();
        id.update((client.instance() + " " + everyMs + " " + told).getBytes(StandardCharsets.UTF_8));
        return new Wanted((int) id.getValue(), everyMs, told);
    }
}
