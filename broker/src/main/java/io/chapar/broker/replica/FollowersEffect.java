package io.chapar.broker.replica;

import io.chapar.protocol.TopicPartition;

/// What a [FollowersCore] wants done, in this order.
public sealed interface FollowersEffect {
    record Send(FollowMessage.ToFollower message) implements FollowersEffect {}

    /// Something is not sent for the pace alone: [FollowersCore#turnEnded] is to be called again soon.
    record Paced() implements FollowersEffect {}

    /// From the log here, whole batches, at least one if there is any; then [FollowersCore#read].
    record Read(int slot, TopicPartition partition, long from, int maxBytes) implements FollowersEffect {}

    /// The follower has all below `end`, and all below `synced` on stable storage.
    record Acknowledged(TopicPartition partition, long end, long synced) implements FollowersEffect {}
}
