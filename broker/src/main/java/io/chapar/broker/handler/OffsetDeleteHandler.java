package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetDeleteRequest;
import io.chapar.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestPartition;
import io.chapar.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestTopic;
import io.chapar.protocol.message.OffsetDeleteResponse;
import io.chapar.protocol.message.OffsetDeleteResponse.OffsetDeleteResponsePartition;
import io.chapar.protocol.message.OffsetDeleteResponse.OffsetDeleteResponseTopic;

import java.util.ArrayList;
import java.util.List;

/// Version 0. Offsets of topics that no member consumes; those of topics that are no more can be deleted too.
final class OffsetDeleteHandler {
    private final GroupCoordinators groups;

    OffsetDeleteHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(OffsetDeleteRequest request, RequestContext context) {
        List<TopicPartition> partitions = new ArrayList<>();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            topic.partitions().forEach(one -> partitions.add(new TopicPartition(topic.name(), one.partitionIndex())));
        }
        groups.submit(new DeleteOffsets(request.groupId(), partitions), context.loop(), done ->
                context.reply(answer(request, done)));
    }

    private static OffsetDeleteResponse answer(OffsetDeleteRequest request, PerPartition done) {
        if (done.error() != ErrorCode.NONE) {
            return OffsetDeleteResponse.builder().errorCode(done.error().code()).build();
        }
        List<OffsetDeleteResponseTopic> topics = new ArrayList<>();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            List<OffsetDeleteResponsePartition> partitions = new ArrayList<>();
            for (OffsetDeleteRequestPartition one : topic.partitions()) {
                ErrorCode error = done.partitions().get(new TopicPartition(topic.name(), one.partitionIndex()));
                partitions.add(new OffsetDeleteResponsePartition(one.partitionIndex(), error.code()));
            }
            topics.add(new OffsetDeleteResponseTopic(topic.name(), partitions));
        }
        return OffsetDeleteResponse.builder().topics(topics).build();
    }
}
