package io.chapar.client.admin;

import java.util.UUID;

/// A topic that was just created. `partitions` and `replicationFactor` are -1 where the broker does not say.
public record CreatedTopic(String name, UUID id, int partitions, int replicationFactor) {
}
