package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetDeleteRequest;
import io.chapar.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestPartition;
import io.chapar.protocol.message.OffsetDeleteRequest.OffsetDeleteRequestTopic;
import io.chapar.protocol.message.OffsetDeleteResponse;
import io.chapar.protocol.message.OffsetDeleteResponse.OffsetDeleteResponsePartition;
import io.chapar.protocol.message.OffsetDeleteResponse.OffsetDeleteResponseTopic;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static java.util.Objects.requireNonNull;

/// Version 0. Offsets of topics that no member consumes; those of topics that are no more can be deleted too. Where
/// there is neither an offset nor a partition, the name is taken for a mistake.
final class OffsetDeleteHandler {
    private static final int OFFSETS_AT_ONCE = 2000;

    private final LocalBroker node;
    private final GroupCoordinators groups;

    OffsetDeleteHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(OffsetDeleteRequest request, RequestContext context) {
        Set<TopicPartition> partitions = new LinkedHashSet<>();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            topic.partitions().forEach(one -> partitions.add(new TopicPartition(topic.name(), one.partitionIndex())));
        }
        // A group of which nothing is asked has an error all the same.
        List<List<TopicPartition>> chunks = partitions.isEmpty()
                ? List.of(List.of()) : Slices.chunks(List.copyOf(partitions), OFFSETS_AT_ONCE);
        Map<TopicPartition, ErrorCode> errors = new LinkedHashMap<>();
        Slices.inTurn(context.loop(), chunks, List::size,
                (some, next) -> groups.submit(
                        new DeleteOffsets(request.groupId(), some), context.caller(), done -> {
                            if (done.error() == ErrorCode.NONE) {
                                errors.putAll(done.partitions());
                                next.run();
                            } else {
                                context.reply(OffsetDeleteResponse.builder().errorCode(done.error().code()).build());
                            }
                        }),
                () -> context.reply(answer(request, errors, node.image())));
    }

    private static OffsetDeleteResponse answer(
            OffsetDeleteRequest request, Map<TopicPartition, ErrorCode> errors, ClusterImage image) {
        List<OffsetDeleteResponseTopic> topics = new ArrayList<>();
        for (OffsetDeleteRequestTopic topic : request.topics()) {
            TopicImage known = image.topic(topic.name());
            List<OffsetDeleteResponsePartition> partitions = new ArrayList<>();
            for (OffsetDeleteRequestPartition one : topic.partitions()) {
                ErrorCode error = requireNonNull(
                        errors.get(new TopicPartition(topic.name(), one.partitionIndex())), "each is answered");
                if (error == DeleteOffsets.NO_OFFSET && known != null && known.hasPartition(one.partitionIndex())) {
                    error = ErrorCode.NONE;
                }
                partitions.add(new OffsetDeleteResponsePartition(one.partitionIndex(), error.code()));
            }
            topics.add(new OffsetDeleteResponseTopic(topic.name(), partitions));
        }
        return OffsetDeleteResponse.builder().topics(topics).build();
    }
}
