package io.chapar.broker.handler;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Joined;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.JoinGroupResponse.JoinGroupResponseMember;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Versions 0-9. v0 has one timeout for both session and rebalance; from v4 a dynamic newcomer is given its id first;
/// v5 knows static members; before v7 the protocol's name cannot be null; v9 lets a leader that came back skip the
/// assignment.
final class JoinGroupHandler {
    private static final Logger LOG = LoggerFactory.getLogger(JoinGroupHandler.class);
    private static final LogBudget LINES = new LogBudget(1);
    private static final int MAX_SHOWN = 50;
    private static final int REBALANCE_TIMEOUT_SINCE = 1;
    private static final int MEMBER_ID_REQUIRED_SINCE = 4;
    private static final int NULL_PROTOCOL_SINCE = 7;
    private static final int SKIP_ASSIGNMENT_SINCE = 9;

    private final GroupCoordinators groups;
    private final int maxMemberBytes;

    /// @param maxMemberBytes of one member; what is beyond it is refused before it is copied
    JoinGroupHandler(GroupCoordinators groups, int maxMemberBytes) {
        this.groups = groups;
        this.maxMemberBytes = maxMemberBytes;
    }

    void handle(JoinGroupRequest request, RequestContext context) {
        short version = context.apiVersion();
        long bytes = request.protocols().stream().mapToLong(one -> one.metadata().remaining()).sum();
        if (bytes > maxMemberBytes) {
            warn(request, bytes, context);
            context.reply(answer(Joined.refused(ErrorCode.INVALID_REQUEST, request.memberId()), version));
            return;
        }
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
        groups.submit(join, context.caller(), reply -> context.reply(answer(reply, version)));
        // Joining may take as long as the others' rebalance timeouts, and the group has copies.
        context.forget();
    }

    /// At most once a second, however often somebody tries.
    private void warn(JoinGroupRequest request, long bytes, RequestContext context) {
        String end = LINES.line(context.nowMs());
        if (end != null) {
            LOG.warn("Refused to let {} join a group of protocol type {}: it says {} bytes about itself, where {} are"
                    + " allowed (group.member.max.bytes){}",
                    context.origin(), shortened(request.protocolType()), bytes, maxMemberBytes, end);
        }
    }

    private static String shortened(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "...";
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
