package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetCommitRequest.OffsetCommitRequestPartition;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetCommitResponse.OffsetCommitResponsePartition;
import io.chapar.protocol.message.OffsetCommitResponse.OffsetCommitResponseTopic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// Versions 2-10. v2-4 may ask for a retention of their own; v6 carries the leader's epoch; v7 knows static members;
/// v9 understands GROUP_ID_NOT_FOUND; v10 names topics by their id.
final class OffsetCommitHandler {
    private static final int GROUP_ID_NOT_FOUND_SINCE = 9;
    private static final int TOPIC_IDS_SINCE = 10;

    private final LocalBroker node;
    private final GroupCoordinators groups;

    OffsetCommitHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(OffsetCommitRequest request, RequestContext context) {
        boolean byId = context.apiVersion() >= TOPIC_IDS_SINCE;
        ClusterImage image = node.image();
        List<TopicImage> topics = new ArrayList<>();
        SequencedMap<TopicPartition, Offset> offsets = new LinkedHashMap<>();
        Slices.each(context.loop(), request.topics(), topic -> 1 + topic.partitions().size(),
                topic -> {
                    TopicImage known = byId ? image.topic(topic.topicId()) : image.topic(topic.name());
                    topics.add(known);
                    if (known != null) {
                        CommittedChunks.collect(topic.partitions(), OffsetCommitRequestPartition::partitionIndex,
                                partition -> offset(known, partition), known, offsets);
                    }
                },
                () -> commit(request, offsets, context, errors -> answer(request, topics, byId, errors, context)));
    }

    private void commit(
            OffsetCommitRequest request,
            SequencedMap<TopicPartition, Offset> offsets,
            RequestContext context,
            Consumer<Map<TopicPartition, ErrorCode>> done) {
        boolean notFoundIsKnown = context.apiVersion() >= GROUP_ID_NOT_FOUND_SINCE;
        CommittedChunks.commit(offsets, context.loop(),
                (some, then) -> groups.submit(
                        new CommitOffsets(request.groupId(), request.generationIdOrMemberEpoch(), request.memberId(),
                                request.groupInstanceId(), some, request.retentionTimeMs(), notFoundIsKnown),
                        context.caller(), reply -> then.accept(reply.partitions())),
                done);
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
    private static void answer(
            OffsetCommitRequest request,
            List<TopicImage> topics,
            boolean byId,
            Map<TopicPartition, ErrorCode> errors,
            RequestContext context) {
        ErrorCode unknown = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        List<OffsetCommitResponseTopic> answers = new ArrayList<>();
        Slices.each(context.loop(), request.topics(), asked -> 1 + asked.partitions().size(),
                asked -> {
                    TopicImage topic = topics.get(answers.size());
                    List<OffsetCommitResponsePartition> partitions = new ArrayList<>();
                    for (OffsetCommitRequestPartition partition : asked.partitions()) {
                        int index = partition.partitionIndex();
                        ErrorCode error = topic == null ? unknown : errors.getOrDefault(
                                new TopicPartition(topic.name(), index), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                        partitions.add(new OffsetCommitResponsePartition(index, error.code()));
                    }
                    answers.add(new OffsetCommitResponseTopic(asked.name(), asked.topicId(), partitions));
                },
                () -> context.reply(OffsetCommitResponse.builder().topics(answers).build()));
    }

}
