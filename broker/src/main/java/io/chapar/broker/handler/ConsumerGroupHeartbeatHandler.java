package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.ConsumerHeartbeat;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Beat;
import io.chapar.broker.group.consumer.Standing.Owned;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse.Assignment;
import io.chapar.protocol.message.ConsumerGroupHeartbeatResponse.TopicPartitions;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.TreeSet;
import java.util.UUID;

/// Versions 0-1 (KIP-848). A member of v0 may leave it to the coordinator to name it; from v1 it names itself, and may
/// subscribe with an expression.
final class ConsumerGroupHeartbeatHandler {
    private static final int NAMES_ITSELF_SINCE = 1;
    private static final String FEATURE = "group.version";
    private static final int LEAST_TOPIC_BYTES = 80;
    private static final int LEAST_PARTITION_BYTES = 20;

    private final LocalBroker node;
    private final GroupCoordinators groups;
    private final int maxMemberBytes;
    private final int maxOwnedBytes;

    /// @param maxMemberBytes of one member; what is beyond it is refused before it is copied
    /// @param maxOwnedBytes of what it says that it has, likewise
    ConsumerGroupHeartbeatHandler(
            LocalBroker node, GroupCoordinators groups, int maxMemberBytes, int maxOwnedBytes) {
        this.node = node;
        this.groups = groups;
        this.maxMemberBytes = maxMemberBytes;
        this.maxOwnedBytes = maxOwnedBytes;
    }

    void handle(ConsumerGroupHeartbeatRequest request, RequestContext context) {
        Short level = node.image().features().get(FEATURE);
        if (level != null && level == 0) {
            refuse(ErrorCode.UNSUPPORTED_VERSION, "The consumer protocol is switched off (group.version).", context);
            return;
        }
        if (request.subscribedTopicNames() != null
                && (long) LEAST_TOPIC_BYTES * request.subscribedTopicNames().size() > maxMemberBytes) {
            refuse(ErrorCode.INVALID_REQUEST,
                    "The member says more about itself than it may (group.member.max.bytes).", context);
            return;
        }
        if (leastOwnedBytes(request) > maxOwnedBytes) {
            refuse(ErrorCode.INVALID_REQUEST,
                    "The member has more partitions than it may say (group.max.bytes).", context);
            return;
        }
        String memberId = request.memberId();
        if (memberId.isEmpty() && request.memberEpoch() == 0 && context.apiVersion() < NAMES_ITSELF_SINCE) {
            memberId = UUID.randomUUID().toString();
        }
        ConsumerHeartbeat beat = new ConsumerHeartbeat(
                request.groupId(), memberId, request.memberEpoch(), request.instanceId(), request.rackId(),
                context.clientId(), GroupClients.host(context), request.rebalanceTimeoutMs(),
                request.subscribedTopicNames() == null ? null : new TreeSet<>(request.subscribedTopicNames()),
                request.subscribedTopicRegex(), request.serverAssignor(), owned(request));
        groups.submit(beat, context.caller(), reply -> context.reply(answer(reply)));
    }

    private static void refuse(ErrorCode error, String message, RequestContext context) {
        context.reply(ConsumerGroupHeartbeatResponse.builder()
                .errorCode(error.code()).errorMessage(message).build());
    }

    private static long leastOwnedBytes(ConsumerGroupHeartbeatRequest request) {
        long bytes = 0;
        if (request.topicPartitions() != null) {
            for (ConsumerGroupHeartbeatRequest.TopicPartitions topic : request.topicPartitions()) {
                bytes += LEAST_TOPIC_BYTES + (long) LEAST_PARTITION_BYTES * topic.partitions().size();
            }
        }
        return bytes;
    }

    private static @Nullable List<Owned> owned(ConsumerGroupHeartbeatRequest request) {
        return request.topicPartitions() == null ? null : request.topicPartitions().stream()
                .map(topic -> new Owned(topic.topicId(), topic.partitions())).toList();
    }

    private static ConsumerGroupHeartbeatResponse answer(Beat beat) {
        return ConsumerGroupHeartbeatResponse.builder()
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
