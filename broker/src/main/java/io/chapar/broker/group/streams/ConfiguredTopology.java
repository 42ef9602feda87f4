package io.chapar.broker.group.streams;

import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import org.jspecify.annotations.Nullable;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;

/// What a [StreamsTopology] comes to with the topics that there are: how many tasks each subtopology has.
///
/// @param topology null while no member has said it
/// @param tasks by subtopology; empty when that cannot be known
/// @param internal the topics of the application itself with as many partitions as they have to have; empty when that
///        cannot be known
/// @param missing those of them that do not exist
/// @param problem null when everything is there
public record ConfiguredTopology(
        @Nullable StreamsTopology topology,
        SortedMap<String, Integer> tasks,
        SortedMap<String, InternalTopic> internal,
        List<InternalTopic> missing,
        @Nullable Problem problem) {
    public static final ConfiguredTopology NONE = new ConfiguredTopology(
            null, Collections.emptySortedMap(), Collections.emptySortedMap(), List.of(), null);

    /// @param detail for people
    public record Problem(StatusCode status, String detail) {}

    /// Whether tasks can run.
    public boolean isReady() {
        return topology != null && problem == null;
    }

    /// Of which tasks can run; else -1.
    public int validatedEpoch() {
        return topology != null && problem == null ? topology.epoch() : -1;
    }
}
