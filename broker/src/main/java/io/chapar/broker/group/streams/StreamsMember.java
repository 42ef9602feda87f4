package io.chapar.broker.group.streams;

import io.chapar.broker.group.modern.ModernMember;
import org.jspecify.annotations.Nullable;

import java.util.SortedMap;

/// What a member of a streams group says about itself. One thread of an application is one member.
///
/// @param instanceId null for a dynamic member
/// @param rackId null when it does not say
/// @param rebalanceTimeoutMs how long it may take to give tasks up
/// @param processId of the application's instance: its members share state
/// @param endpoint where it can be asked for its state; null when it cannot
/// @param tags by which standby tasks are spread
public record StreamsMember(
        String id,
        @Nullable String instanceId,
        @Nullable String rackId,
        String clientId,
        String clientHost,
        int rebalanceTimeoutMs,
        int topologyEpoch,
        String processId,
        @Nullable Endpoint endpoint,
        SortedMap<String, String> tags) implements ModernMember {
    public record Endpoint(String host, int port) {}

    /// Whether tasks may have to be shared out otherwise when it says so instead of the other.
    public boolean sharesAs(StreamsMember other) {
        return topologyEpoch == other.topologyEpoch
                && processId.equals(other.processId) && tags.equals(other.tags);
    }
}
