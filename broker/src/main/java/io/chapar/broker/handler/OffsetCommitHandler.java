package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestTopic;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetCommitResponse.OffsetCommitResponsePartition;
import io.chapar.protocol.message.OffsetCommitResponse.OffsetCommitResponseTopic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Versions 2-10. v2-4 may ask for a retention of their own; v6 carries the leader's epoch; v7 knows static members;
/// v9 understands GROUP_ID_NOT_FOUND; v10 names topics by their id.
final class OffsetCommitHandler {
    private static final int GROUP_ID_NOT_FOUND_SINCE = 9;
    private static final int TOPIC_IDS_SINCE = 10;

    private final Node node;
    private final GroupCoordinators groups;

    OffsetCommitHandler(Node node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(OffsetCommitRequest request, RequestContext context) {
        boolean byId = context.apiVersion() >= TOPIC_IDS_SINCE;
        ClusterImage image = node.image();
        List<TopicImage> topics = new ArrayList<>();
        List<Offset> offsets = new ArrayList<>();
        for (OffsetCommitRequestTopic topic : request.topics()) {
            TopicImage known = byId ? image.topic(topic.topicId()) : image.topic(topic.name());
            topics.add(known);
            if (known != null) {
                topic.partitions().stream().filter(partition -> known.hasPartition(partition.partitionIndex()))
                        .forEach(partition -> offsets.add(offset(known, partition)));
            }
        }
        if (offsets.isEmpty()) {
            context.reply(answer(request, topics, byId, Map.of()));
            return;
        }
        CommitOffsets commit = new CommitOffsets(
                request.groupId(),
                request.generationIdOrMemberEpoch(),
                request.memberId(),
                request.groupInstanceId(),
                offsets,
                request.retentionTimeMs(),
                context.apiVersion() >= GROUP_ID_NOT_FOUND_SINCE);
        groups.submit(commit, context.loop(), done ->
                context.reply(answer(request, topics, byId, done.partitions())));
    }

    private static Offset offset(TopicImage topic, OffsetCommitRequestPartition partition) {
        return new Offset(
                new TopicPartition(topic.name(), partition.partitionIndex()),
                topic.id(),
                partition.committedOffset(),
                partition.committedLeaderEpoch(),
                partition.committedMetadata() == null ? "" : partition.committedMetadata());
    }

    /// @param topics as they are now, in the order of the request; null for one that is not
    private static OffsetCommitResponse answer(
            OffsetCommitRequest request,
            List<TopicImage> topics,
            boolean byId,
            Map<TopicPartition, ErrorCode> errors) {
        ErrorCode unknown = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        List<OffsetCommitResponseTopic> answers = new ArrayList<>();
        for (int i = 0; i < topics.size(); i++) {
            OffsetCommitRequestTopic asked = request.topics().get(i);
            TopicImage topic = topics.get(i);
            List<OffsetCommitResponsePartition> partitions = new ArrayList<>();
            for (OffsetCommitRequestPartition partition : asked.partitions()) {
                int index = partition.partitionIndex();
                ErrorCode error = topic == null ? unknown : errors.getOrDefault(
                        new TopicPartition(topic.name(), index), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                partitions.add(new OffsetCommitResponsePartition(index, error.code()));
            }
            answers.add(new OffsetCommitResponseTopic(asked.name(), asked.topicId(), partitions));
        }
        return OffsetCommitResponse.builder().topics(answers).build();
    }
}
