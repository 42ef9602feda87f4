package io.chapar.broker.group;

import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.metrics.GroupFigures;
import io.chapar.protocol.TopicPartition;

import java.util.SortedMap;
import java.util.TreeMap;

/// What is measured of a group.
final class GroupMeasure {
    private GroupMeasure() {}

    /// @param topics as they are now: what was committed for another of the name is about to be forgotten
    static GroupFigures of(Group group, OffsetTable offsets, TopicDirectory topics) {
        SortedMap<TopicPartition, Long> committed = new TreeMap<>();
        offsets.all(group.id()).forEach((partition, value) -> {
            TopicDirectory.Topic now = topics.topic(partition.topic());
            if (now == null || value.isOf(now.id())) {
                committed.put(partition, value.offset());
            }
        });
        return new GroupFigures(group.id(), group.type().kafkaName(), group.stateName(), members(group), epoch(group),
                committed);
    }

    private static int epoch(Group group) {
        return switch (group.side()) {
            case null -> group.generation();
            case ConsumerSide side -> side.group().epoch();
            case StreamsSide side -> side.group().epoch();
            case ShareSide side -> side.group().epoch();
        };
    }

    private static int members(Group group) {
        return switch (group.side()) {
            case null -> group.size();
            case ConsumerSide side -> side.group().size();
            case StreamsSide side -> side.group().size();
            case ShareSide side -> side.group().size();
        };
    }
}
