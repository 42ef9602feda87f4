package io.chapar.cli.cluster;

import io.chapar.client.admin.BrokerFeatures;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// What an upgrade of the levels of features would do, from what brokers say that they can.
public final class UpgradeCore {
    private UpgradeCore() {
    }

    /// A feature, its level (0 for none), and what each broker can do; one that does not know it is missing.
    public record Feature(String name, int level, SortedMap<Integer, BrokerFeatures.Range> brokers) {
        /// The newest that any broker can do.
        public int newest() {
            return brokers.values().stream().mapToInt(BrokerFeatures.Range::highest).max().orElse(0);
        }
    }

    /// What comes of it.
    ///
    /// @param raises the new level of each feature that has a lower one
    /// @param holds sentences, one for each broker that cannot do the newest level of a feature that is to rise
    public record Plan(List<Feature> features, SortedMap<String, Integer> raises, List<String> holds) {
        public boolean isHeld() {
            return !holds.isEmpty();
        }
    }

    /// @param brokers those in session, by id
    public static Plan plan(SortedMap<Integer, BrokerFeatures> brokers) {
        SortedSet<String> names = new TreeSet<>();
        brokers.values().forEach(one -> names.addAll(one.supported().keySet()));
        List<Feature> features = new ArrayList<>();
        SortedMap<String, Integer> raises = new TreeMap<>();
        List<String> holds = new ArrayList<>();
        for (String name : names) {
            Feature feature = feature(name, brokers);
            features.add(feature);
            if (feature.newest() > feature.level()) {
                raises.put(name, feature.newest());
                brokers.keySet().stream().map(broker -> hold(feature, broker)).filter(one -> !one.isEmpty())
                        .forEach(holds::add);
            }
        }
        return new Plan(List.copyOf(features), raises, List.copyOf(holds));
    }

    private static Feature feature(String name, SortedMap<Integer, BrokerFeatures> brokers) {
        SortedMap<Integer, BrokerFeatures.Range> ranges = new TreeMap<>();
        int level = 0;
        for (var broker : brokers.entrySet()) {
            BrokerFeatures.Range range = broker.getValue().supported().get(name);
            if (range != null) {
                ranges.put(broker.getKey(), range);
            }
            // One that lags behind knows an earlier level.
            level = Math.max(level, broker.getValue().levels().getOrDefault(name, 0));
        }
        return new Feature(name, level, ranges);
    }

    /// Empty where that broker can do it.
    private static String hold(Feature feature, int broker) {
        BrokerFeatures.Range range = feature.brokers().get(broker);
        if (range != null && range.highest() >= feature.newest()) {
            return "";
        }
        return "broker " + broker + (range == null ? " does not know " + feature.name()
                : " can do " + feature.name() + " up to " + range.highest() + ", and not " + feature.newest());
    }
}
