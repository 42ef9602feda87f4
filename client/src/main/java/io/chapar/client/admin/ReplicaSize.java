package io.chapar.client.admin;

import io.chapar.protocol.TopicPartition;

/// What one replica takes on its broker's disk.
public record ReplicaSize(TopicPartition partition, int broker, long bytes) {
}
