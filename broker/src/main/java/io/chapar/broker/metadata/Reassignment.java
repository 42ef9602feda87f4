package io.chapar.broker.metadata;

import java.util.List;

/// Replicas of a partition are on their way to other brokers. It is queued while not all of [#to] are replicas, and
/// under way from then on, until one change makes them the only ones.
///
/// @param from the replicas before, to which they return when it is cancelled
/// @param to the replicas afterwards, the preferred leader first
public record Reassignment(List<Integer> from, List<Integer> to) {
    public Reassignment {
        from = List.copyOf(from);
        to = List.copyOf(to);
    }

    public List<Integer> adds() {
        return PartitionImage.without(to, from);
    }

    public List<Integer> removes() {
        return PartitionImage.without(from, to);
    }
}
