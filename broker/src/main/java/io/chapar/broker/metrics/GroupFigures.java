package io.chapar.broker.metrics;

import io.chapar.protocol.TopicPartition;

import java.util.SortedMap;

/// One group as its coordinator had it at one moment.
///
/// @param type, state as Kafka names them
/// @param epoch grows with each rebalance: the generation of a classic group
/// @param committed what was committed for what partition, whoever was handed this has it alone; of a share group,
///        which has no such offsets, nothing
public record GroupFigures(
        String id, String type, String state, int members, int epoch, SortedMap<TopicPartition, Long> committed) {}
