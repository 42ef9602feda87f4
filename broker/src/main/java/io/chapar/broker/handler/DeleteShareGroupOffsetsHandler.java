package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.ShareCommands.ForgetShares;
import io.chapar.broker.group.ShareReplies.SharesDone;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DeleteShareGroupOffsetsRequest;
import io.chapar.protocol.message.DeleteShareGroupOffsetsResponse;
import io.chapar.protocol.message.DeleteShareGroupOffsetsResponse.DeleteShareGroupOffsetsResponseTopic;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;

/// Version 0 (KIP-932): topics that a share group without members is to know nothing of any more.
final class DeleteShareGroupOffsetsHandler {
    private final LocalBroker node;
    private final GroupCoordinators groups;

    DeleteShareGroupOffsetsHandler(LocalBroker node, GroupCoordinators groups) {
        this.node = node;
        this.groups = groups;
    }

    void handle(DeleteShareGroupOffsetsRequest request, RequestContext context) {
        SequencedSet<String> topics = new LinkedHashSet<>();
        request.topics().forEach(one -> topics.add(one.topicName()));
        groups.submit(new ForgetShares(request.groupId(), topics), context.caller(),
                done -> context.reply(answer(request, done, node.image())));
    }

    private static DeleteShareGroupOffsetsResponse answer(
            DeleteShareGroupOffsetsRequest request, SharesDone done, ClusterImage image) {
        if (done.error() != ErrorCode.NONE) {
            return DeleteShareGroupOffsetsResponse.builder().errorCode(done.error().code())
                    .errorMessage(AlterShareGroupOffsetsHandler.message(done.error(), request.groupId())).build();
        }
        List<DeleteShareGroupOffsetsResponseTopic> topics = new ArrayList<>();
        request.topics().forEach(one -> {
            TopicImage known = image.topic(one.topicName());
            ErrorCode error = done.byTopic().getOrDefault(one.topicName(), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
            topics.add(new DeleteShareGroupOffsetsResponseTopic(
                    one.topicName(), known == null ? KafkaUuid.ZERO : known.id(), error.code(),
                    error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                            ? "The group knows nothing of the topic " + one.topicName() + "." : null));
        });
        return DeleteShareGroupOffsetsResponse.builder().responses(topics).build();
    }
}
