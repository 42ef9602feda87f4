package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.JoinGroupResponse.JoinGroupResponseMember;

/// Versions 0-9. v0 has one timeout for both session and rebalance; from v4 a dynamic newcomer is given its id first;
/// v5 knows static members; before v7 the protocol's name cannot be null; v9 lets a leader that came back skip the
/// assignment.
final class JoinGroupHandler {
    private static final int REBALANCE_TIMEOUT_SINCE = 1;
    private static final int MEMBER_ID_REQUIRED_SINCE = 4;
    private static final int NULL_PROTOCOL_SINCE = 7;
    private static final int SKIP_ASSIGNMENT_SINCE = 9;

    private final GroupCoordinators groups;

    JoinGroupHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(JoinGroupRequest request, RequestContext context) {
        short version = context.apiVersion();
        Join join = new Join(
                request.groupId(),
                request.memberId(),
                request.groupInstanceId(),
                context.clientId(),
                GroupClients.host(context),
                request.sessionTimeoutMs(),
                version >= REBALANCE_TIMEOUT_SINCE ? request.rebalanceTimeoutMs() : request.sessionTimeoutMs(),
                request.protocolType(),
                request.protocols().stream().map(one -> new Protocol(one.name(), one.metadata())).toList(),
                version >= MEMBER_ID_REQUIRED_SINCE,
                version >= SKIP_ASSIGNMENT_SINCE);
        groups.submit(join, context.loop(), reply -> context.reply(answer(reply, version)));
    }

    private static JoinGroupResponse answer(Joined joined, short version) {
        String protocol = joined.protocol() == null && version < NULL_PROTOCOL_SINCE ? "" : joined.protocol();
        return JoinGroupResponse.builder()
                .errorCode(joined.error().code())
                .generationId(joined.generation())
                .protocolType(joined.protocolType())
                .protocolName(protocol)
                .leader(joined.leader() == null ? "" : joined.leader())
                .skipAssignment(joined.skipAssignment())
                .memberId(joined.memberId())
                .members(joined.members().stream()
                        .map(one -> new JoinGroupResponseMember(one.memberId(), one.instanceId(), one.metadata()))
                        .toList())
                .build();
    }
}
