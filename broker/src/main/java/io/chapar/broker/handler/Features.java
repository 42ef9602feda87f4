package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.FeatureRange;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The features whose levels clients look at, by Kafka's names.
public final class Features {
    /// @param finalized the level that a new cluster has
    public record Feature(String name, short lowest, short highest, short finalized) {}

    private static final List<Feature> ALL = List.of(
            // Level 30 is that of Kafka 4.3; 7 is the oldest that Kafka itself still names.
            feature("metadata.version", 7, 30, 30),
            // What brokers of a cluster may say to each other and write into its metadata.
            feature("chapar.version", 1, 1, 1),
            feature("group.version", 0, 1, 1),
            feature("streams.version", 0, 1, 1),
            feature("share.version", 0, 1, 1),
            feature("transaction.version", 0, 2, 2));

    static final String SHARE = "share.version";

    private Features() {}

    /// Whether the cluster has it at a level above 0, which it gets where all of its brokers know it.
    static boolean isOn(ClusterImage image, String feature) {
        Short level = image.features().get(feature);
        return level != null && level > 0;
    }

    private static Feature feature(String name, int lowest, int highest, int finalized) {
        return new Feature(name, (short) lowest, (short) highest, (short) finalized);
    }

    public static List<Feature> all() {
        return ALL;
    }

    /// What this broker can do.
    public static SortedMap<String, FeatureRange> ranges() {
        TreeMap<String, FeatureRange> ranges = new TreeMap<>();
        ALL.forEach(f -> ranges.put(f.name(), new FeatureRange(f.lowest(), f.highest())));
        return Collections.unmodifiableSortedMap(ranges);
    }

    /// Levels for a new cluster.
    public static SortedMap<String, Short> finalizedLevels() {
        TreeMap<String, Short> levels = new TreeMap<>();
        ALL.forEach(f -> levels.put(f.name(), f.finalized()));
        return Collections.unmodifiableSortedMap(levels);
    }
}
