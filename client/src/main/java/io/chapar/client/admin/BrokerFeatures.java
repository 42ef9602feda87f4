package io.chapar.client.admin;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/// What one broker says of features (KIP-584).
///
/// @param supported which levels it can do, by feature
/// @param levels at which the cluster's features are, as far as this broker knows; none for those that are not used
public record BrokerFeatures(SortedMap<String, Range> supported, SortedMap<String, Integer> levels) {
    public record Range(int lowest, int highest) {
        @Override
        public String toString() {
            return lowest + "-" + highest;
        }
    }

    public BrokerFeatures {
        supported = Collections.unmodifiableSortedMap(new TreeMap<>(supported));
        levels = Collections.unmodifiableSortedMap(new TreeMap<>(levels));
    }
}
