package io.chapar.client.admin;

import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// The cluster: `clusterId` and `controller` are null when unknown; nodes by id. `trouble` says why topics, settings
/// and the like cannot be changed at present, and is null while they can; Kafka's brokers do not tell it.
public record ClusterDescription(String clusterId, @Nullable Node controller, List<Node> nodes,
        @Nullable String trouble) {
}
