package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// What a broker says of itself when a life of it begins.
///
/// @param node its id
/// @param incarnation drawn by each process for itself; [#UNKNOWN] where it was not written down
/// @param clients where clients of the other brokers reach it; null for one that has no others, which tells clients
///        the address that they came to
/// @param peers where other brokers link with it; null for one that has no others
/// @param rack where it stands, in the operator's words; null where nobody said
/// @param features which levels it can do; empty for one that does not say
public record Registration(
        int node, UUID incarnation, @Nullable HostPort clients, @Nullable HostPort peers, @Nullable String rack,
        SortedMap<String, FeatureRange> features) {
    /// Of lives from before incarnations were drawn.
    public static final UUID UNKNOWN = new UUID(0, 0);

    public Registration {
        features = Collections.unmodifiableSortedMap(new TreeMap<>(features));
    }

    /// One that does not say what it can do.
    public Registration(
            int node, UUID incarnation, @Nullable HostPort clients, @Nullable HostPort peers, @Nullable String rack) {
        this(node, incarnation, clients, peers, rack, Collections.emptySortedMap());
    }

    /// Whether no other broker links with it.
    public boolean isAlone() {
        return peers == null;
    }

    /// Of a broker that has no others.
    public static Registration alone(int node, UUID incarnation) {
        return alone(node, incarnation, Collections.emptySortedMap());
    }

    public static Registration alone(int node, UUID incarnation, SortedMap<String, FeatureRange> features) {
        return alone(node, incarnation, null, features);
    }

    public static Registration alone(
            int node, UUID incarnation, @Nullable String rack, SortedMap<String, FeatureRange> features) {
        return new Registration(node, incarnation, null, null, rack, features);
    }
}
