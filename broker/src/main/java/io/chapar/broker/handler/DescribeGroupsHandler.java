package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Describe;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Described;
import io.chapar.broker.group.GroupReply.DescribedMember;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.DescribeGroupsResponse.DescribedGroup;
import io.chapar.protocol.message.DescribeGroupsResponse.DescribedGroupMember;

import java.util.List;

import static java.util.Objects.requireNonNullElse;

/// Versions 0-6, each group once. v4 names static members; before v6 a group that is not there is described as Dead,
/// without an error.
final class DescribeGroupsHandler {
    private static final int NOT_FOUND_SINCE = 6;
    private static final String DEAD = "Dead";

    private final GroupCoordinators groups;

    DescribeGroupsHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(DescribeGroupsRequest request, RequestContext context) {
        int operations = request.includeAuthorizedOperations() ? Operations.GROUP : Operations.NOT_ASKED;
        new GroupDescriptions<>(groups, Describe::new, DescribeGroupsHandler::elements,
                (name, described) -> group(name, described, operations, context.apiVersion()))
                .gather(request.groups(), context, all -> context.reply(
                        DescribeGroupsResponse.builder().groups(all).build()));
    }

    private static long elements(Described described) {
        long bytes = 0;
        for (DescribedMember member : described.members()) {
            bytes += member.metadata().remaining() + member.assignment().remaining()
                    + 2L * (member.memberId().length() + member.clientId().length());
        }
        return 1 + described.members().size() + AnswerSize.ofBytes(bytes);
    }

    private static DescribedGroup group(String name, Described described, int operations, short version) {
        DescribedGroup.Builder group = DescribedGroup.DEFAULT.toBuilder().groupId(name);
        boolean told = version >= NOT_FOUND_SINCE;
        if (described.error() == ErrorCode.NONE || (described.error() == ErrorCode.GROUP_ID_NOT_FOUND && !told)) {
            group.authorizedOperations(operations);
        }
        if (described.error() == ErrorCode.GROUP_ID_NOT_FOUND) {
            return group.groupState(DEAD)
                    .errorCode((told ? described.error() : ErrorCode.NONE).code())
                    .errorMessage(told ? "There is no group " + name + "." : null)
                    .build();
        }
        List<DescribedGroupMember> members = described.members().stream()
                .map(member -> new DescribedGroupMember(
                        member.memberId(),
                        member.instanceId(),
                        member.clientId(),
                        member.clientHost(),
                        member.metadata(),
                        member.assignment()))
                .toList();
        return group.errorCode(described.error().code())
                .groupState(described.state())
                .protocolType(described.protocolType())
                .protocolData(requireNonNullElse(described.protocol(), ""))
                .members(members)
                .build();
    }
}
