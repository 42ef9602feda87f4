package io.chapar.broker.handler;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.ShareCommands.ShareHeartbeat;
import io.chapar.broker.group.ShareReplies.ShareBeat;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ShareGroupHeartbeatRequest;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse.Assignment;
import io.chapar.protocol.message.ShareGroupHeartbeatResponse.TopicPartitions;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Version 1 (KIP-932). The topic that states of share groups are kept in is created by the first member that joins.
final class ShareGroupHeartbeatHandler {
    private static final int LEAST_TOPIC_BYTES = 80;

    private final LocalBroker node;
    private final TopicCreation creation;
    private final GroupCoordinators groups;
    private final int maxMemberBytes;

    /// @param maxMemberBytes of one member; what is beyond it is refused before it is copied
    ShareGroupHeartbeatHandler(
            LocalBroker node, TopicCreation creation, GroupCoordinators groups, int maxMemberBytes) {
        this.node = node;
        this.creation = creation;
        this.groups = groups;
        this.maxMemberBytes = maxMemberBytes;
    }

    void handle(ShareGroupHeartbeatRequest request, RequestContext context) {
        if (!Features.isOn(node.image(), Features.SHARE)) {
            refuse(ErrorCode.UNSUPPORTED_VERSION,
                    "Share groups are switched off (share.version; chapar cluster upgrade raises it).", context);
            return;
        }
        List<String> topics = request.subscribedTopicNames();
        if (topics != null && (long) LEAST_TOPIC_BYTES * topics.size() > maxMemberBytes) {
            refuse(ErrorCode.INVALID_REQUEST,
                    "The member says more about itself than it may (group.member.max.bytes).", context);
            return;
        }
        ShareHeartbeat beat = new ShareHeartbeat(
                request.groupId(), request.memberId(), request.memberEpoch(), request.rackId(), context.clientId(),
                GroupClients.host(context), topics == null ? null : new TreeSet<>(topics));
        if (request.memberEpoch() != 0) {
            groups.submit(beat, context.caller(), reply -> context.reply(answer(reply)));
            return;
        }
        creation.create(Set.of(CoordinatorKeys.SHARE_STATE), context.loop(), failed -> {
            if (failed.isEmpty()) {
                groups.submit(beat, context.caller(), reply -> context.reply(answer(reply)));
            } else {
                refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE, CoordinatorKeys.SHARE_STATE + " cannot be created: "
                        + failed.get(CoordinatorKeys.SHARE_STATE) + ".", context);
            }
        });
    }

    private static void refuse(ErrorCode error, String message, RequestContext context) {
        context.reply(ShareGroupHeartbeatResponse.builder().errorCode(error.code()).errorMessage(message).build());
    }

    private static ShareGroupHeartbeatResponse answer(ShareBeat beat) {
        return ShareGroupHeartbeatResponse.builder()
                .errorCode(beat.error().code())
                .errorMessage(beat.message())
                .memberId(beat.memberId())
                .memberEpoch(beat.memberEpoch())
                .heartbeatIntervalMs(beat.heartbeatMs())
                .assignment(beat.assignment() == null ? null
                        : new Assignment(beat.assignment().perTopic(TopicPartitions::new)))
                .build();
    }
}
