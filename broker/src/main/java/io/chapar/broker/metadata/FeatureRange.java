package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;

/// Which levels of a feature a broker can do. A feature that it does not know it can do at level 0 alone, which is as
/// if there were none.
public record FeatureRange(short lowest, short highest) {
    /// Of one broker.
    public static final int MOST_FEATURES = 100;
    private static final FeatureRange UNKNOWN = of(0, 0);
    /// Of brokers that do not say, which are older than such words.
    private static final Map<String, FeatureRange> UNTOLD = Map.of(
            "metadata.version", of(7, 30), "chapar.version", of(1, 1), "group.version", of(0, 1),
            "transaction.version", of(0, 2));

    public static FeatureRange of(int lowest, int highest) {
        return new FeatureRange((short) lowest, (short) highest);
    }

    static FeatureRange of(Registration broker, String feature) {
        return (broker.features().isEmpty() ? UNTOLD : broker.features()).getOrDefault(feature, UNKNOWN);
    }

    boolean has(int level) {
        return level >= lowest && level <= highest;
    }

    /// Why that broker cannot be one of a cluster with these levels, as a sentence; null when it can.
    public static @Nullable String misfit(Registration broker, SortedMap<String, Short> levels) {
        for (Map.Entry<String, Short> level : levels.entrySet()) {
            FeatureRange range = of(broker, level.getKey());
            if (!range.has(level.getValue())) {
                return level.getKey() + " of this cluster is at level " + level.getValue() + ", and broker "
                        + broker.node() + " can do " + range + ": it needs another release.";
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return lowest == highest ? "level " + lowest + " alone" : "levels " + lowest + " to " + highest;
    }
}
