package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Describe;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupReply.Described;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeGroupsResponse;
import io.chapar.protocol.message.DescribeGroupsResponse.DescribedGroup;
import io.chapar.protocol.message.DescribeGroupsResponse.DescribedGroupMember;

import java.util.ArrayList;
import java.util.List;

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
        next(request.groups().stream().distinct().toList(), operations, new ArrayList<>(), context);
    }

    private void next(List<String> names, int operations, List<DescribedGroup> done, RequestContext context) {
        if (done.size() == names.size()) {
            context.reply(DescribeGroupsResponse.builder().groups(done).build());
            return;
        }
        String name = names.get(done.size());
        groups.submit(new Describe(name), context.loop(), described -> {
            done.add(answer(name, described, operations, context.apiVersion()));
            context.loop().execute(() -> next(names, operations, done, context));
        });
    }

    private static DescribedGroup answer(String name, Described described, int operations, short version) {
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
                .protocolData(described.protocol())
                .members(members)
                .build();
    }
}
