package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Leave;
import io.chapar.broker.group.GroupCommand.Leaver;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Left;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.LeaveGroupResponse;
import io.chapar.protocol.message.LeaveGroupResponse.MemberResponse;

import java.util.ArrayList;
import java.util.List;

/// Versions 0-5. Before v3 one member leaves, and its error is the answer's; since then many, each with its own, and
/// static members by their instance alone.
final class LeaveGroupHandler {
    private static final int MANY_SINCE = 3;

    private final GroupCoordinators groups;

    LeaveGroupHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(LeaveGroupRequest request, RequestContext context) {
        boolean many = context.apiVersion() >= MANY_SINCE;
        List<Leaver> leavers = many
                ? request.members().stream().map(one -> new Leaver(one.memberId(), one.groupInstanceId())).toList()
                : List.of(new Leaver(request.memberId(), null));
        groups.submit(new Leave(request.groupId(), leavers), context.caller(), left -> context.reply(
                many ? answer(left, leavers) : answerOne(left)));
    }

    private static LeaveGroupResponse answer(Left left, List<Leaver> leavers) {
        List<MemberResponse> members = new ArrayList<>();
        for (int i = 0; i < left.members().size(); i++) {
            Leaver leaver = leavers.get(i);
            members.add(new MemberResponse(leaver.memberId(), leaver.instanceId(), left.members().get(i).code()));
        }
        return LeaveGroupResponse.builder().errorCode(left.error().code()).members(members).build();
    }

    private static LeaveGroupResponse answerOne(Left left) {
        ErrorCode error = left.error() == ErrorCode.NONE ? left.members().getFirst() : left.error();
        return LeaveGroupResponse.builder().errorCode(error.code()).build();
    }
}
