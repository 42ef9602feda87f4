package io.chapar.client.admin;

import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// The cluster: `controller` is null when unknown; nodes by id. `trouble` says why topics, settings and the like cannot
/// be changed at present, and is null while they can; Kafka's brokers do not tell it.
///
/// @param nodes brokers in session
/// @param fenced registered brokers out of session; brokers before Kafka 4.0 tell of none
public record ClusterDescription(String clusterId, @Nullable Node controller, List<Node> nodes, List<Node> fenced,
        @Nullable String trouble) {
}
