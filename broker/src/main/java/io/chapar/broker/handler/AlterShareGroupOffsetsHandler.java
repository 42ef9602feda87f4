package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.ShareCommands.AlterShares;
import io.chapar.broker.group.ShareCommands.Place;
import io.chapar.broker.group.ShareReplies.SharesDone;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AlterShareGroupOffsetsRequest;
import io.chapar.protocol.message.AlterShareGroupOffsetsResponse;
import io.chapar.protocol.message.AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponsePartition;
import io.chapar.protocol.message.AlterShareGroupOffsetsResponse.AlterShareGroupOffsetsResponseTopic;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.UUID;

/// Version 0 (KIP-932): where a share group without members is to go on.
final class AlterShareGroupOffsetsHandler {
    private final LocalBroker node;
    private final GroupCoordinators groups;

    AlterShareGroupOffsetsHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(AlterShareGroupOffsetsRequest request, RequestContext context) {
        ClusterImage image = node.image();
        SequencedMap<UUID, String> names = new LinkedHashMap<>();
        SequencedMap<Place, Long> offsets = new LinkedHashMap<>();
        request.topics().forEach(topic -> {
            TopicImage known = image.topic(topic.topicName());
            topic.partitions().forEach(one -> {
                if (known != null && known.hasPartition(one.partitionIndex()) && one.startOffset() >= 0) {
                    names.put(known.id(), known.name());
                    offsets.put(new Place(known.id(), one.partitionIndex()), one.startOffset());
                }
            });
        });
        groups.submit(new AlterShares(request.groupId(), names, offsets), context.caller(),
                done -> context.reply(answer(request, done, image)));
    }

    private static AlterShareGroupOffsetsResponse answer(
            AlterShareGroupOffsetsRequest request, SharesDone done, ClusterImage image) {
        if (done.error() != ErrorCode.NONE) {
            return AlterShareGroupOffsetsResponse.builder()
                    .errorCode(done.error().code()).errorMessage(message(done.error(), request.groupId())).build();
        }
        List<AlterShareGroupOffsetsResponseTopic> topics = new ArrayList<>();
        request.topics().forEach(topic -> {
            TopicImage known = image.topic(topic.topicName());
            UUID id = known == null ? KafkaUuid.ZERO : known.id();
            topics.add(new AlterShareGroupOffsetsResponseTopic(topic.topicName(), id,
                    topic.partitions().stream().map(one -> {
                        ErrorCode error = one.startOffset() < 0 && known != null ? ErrorCode.INVALID_REQUEST
                                : done.byPlace().getOrDefault(new Place(id, one.partitionIndex()),
                                        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                        return new AlterShareGroupOffsetsResponsePartition(
                                one.partitionIndex(), error.code(), null);
                    }).toList()));
        });
        return AlterShareGroupOffsetsResponse.builder().responses(topics).build();
    }

    /// Null where the error says it all.
    static @Nullable String message(ErrorCode error, String groupId) {
        return switch (error) {
            case GROUP_ID_NOT_FOUND -> "There is no share group " + groupId + ".";
            case NON_EMPTY_GROUP -> "The share group " + groupId + " has members.";
            default -> null;
        };
    }
}
