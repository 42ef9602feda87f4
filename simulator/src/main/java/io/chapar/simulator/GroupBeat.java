package io.chapar.simulator;

import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatResponse;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// A heartbeat of a member whose coordinator shares out partitions or tasks.
///
/// @param has what the member says that it has; null when it does not say
record GroupBeat(String groupId, String memberId, int memberEpoch, @Nullable SortedSet<String> has) {
    /// @param assigned null when that has not changed
    record Answer(short error, int epoch, @Nullable SortedSet<String> assigned) {}

    /// Null for all other requests.
    static @Nullable GroupBeat of(Request request) {
        return switch (request) {
            case ConsumerGroupHeartbeatRequest beat -> new GroupBeat(
                    beat.groupId(), beat.memberId(), beat.memberEpoch(), owned(beat.topicPartitions()));
            case StreamsGroupHeartbeatRequest beat -> new GroupBeat(
                    beat.groupId(), beat.memberId(), beat.memberEpoch(), run(beat.activeTasks()));
            default -> null;
        };
    }

    private static @Nullable SortedSet<String> owned(
            @Nullable List<ConsumerGroupHeartbeatRequest.TopicPartitions> all) {
        if (all == null) {
            return null;
        }
        SortedSet<String> parts = new TreeSet<>();
        all.forEach(topic -> topic.partitions().forEach(one ->
                parts.add(PartsHaveOneOwner.part(topic.topicId(), one))));
        return parts;
    }

    private static @Nullable SortedSet<String> run(@Nullable List<StreamsGroupHeartbeatRequest.TaskIds> all) {
        if (all == null) {
            return null;
        }
        SortedSet<String> parts = new TreeSet<>();
        all.forEach(tasks -> tasks.partitions().forEach(one ->
                parts.add(PartsHaveOneOwner.part(tasks.subtopologyId(), one))));
        return parts;
    }

    /// Null for all other answers.
    static @Nullable Answer answer(Response response) {
        return switch (response) {
            case ConsumerGroupHeartbeatResponse answer -> new Answer(
                    answer.errorCode(), answer.memberEpoch(), toOwn(answer.assignment()));
            case StreamsGroupHeartbeatResponse answer -> new Answer(
                    answer.errorCode(), answer.memberEpoch(), toRun(answer.activeTasks()));
            default -> null;
        };
    }

    private static @Nullable SortedSet<String> toOwn(ConsumerGroupHeartbeatResponse.@Nullable Assignment assignment) {
        if (assignment == null) {
            return null;
        }
        SortedSet<String> parts = new TreeSet<>();
        assignment.topicPartitions().forEach(topic -> topic.partitions().forEach(one ->
                parts.add(PartsHaveOneOwner.part(topic.topicId(), one))));
        return parts;
    }

    private static @Nullable SortedSet<String> toRun(@Nullable List<StreamsGroupHeartbeatResponse.TaskIds> all) {
        if (all == null) {
            return null;
        }
        SortedSet<String> parts = new TreeSet<>();
        all.forEach(tasks -> tasks.partitions().forEach(one ->
                parts.add(PartsHaveOneOwner.part(tasks.subtopologyId(), one))));
        return parts;
    }
}
