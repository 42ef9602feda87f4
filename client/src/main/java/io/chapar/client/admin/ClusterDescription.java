package io.chapar.client.admin;

import io.chapar.client.Node;

import java.util.List;

/// The cluster: `clusterId` and `controller` are null when unknown; nodes by id.
public record ClusterDescription(String clusterId, Node controller, List<Node> nodes) {
}
