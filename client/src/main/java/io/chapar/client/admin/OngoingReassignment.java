package io.chapar.client.admin;

import io.chapar.protocol.TopicPartition;

import java.util.List;

/// A partition whose replicas move, or wait to.
///
/// @param replicas at present, those that were added so far among them
/// @param adding all that it gets, also those that wait
/// @param removing all that it loses in the end
public record OngoingReassignment(TopicPartition partition, List<Integer> replicas, List<Integer> adding,
        List<Integer> removing) {
}
