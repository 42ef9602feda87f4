package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteGroupsResponse;
import io.chapar.protocol.message.DeleteGroupsResponse.DeletableGroupResult;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Versions 0-3; v3 says why a group is not deleted.
final class DeleteGroupsHandler {
    private final GroupCoordinators groups;

    DeleteGroupsHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(DeleteGroupsRequest request, RequestContext context) {
        List<DeletableGroupResult> done = new ArrayList<>();
        Slices.inTurn(context.loop(), request.groupsNames(),
                (name, next) -> groups.submit(new DeleteGroup(name), context.caller(), reply -> {
                    done.add(new DeletableGroupResult(name, reply.error().code(), reason(reply.error())));
                    next.run();
                }),
                () -> context.reply(DeleteGroupsResponse.builder().results(done).build()));
    }

    private static @Nullable String reason(ErrorCode error) {
        return switch (error) {
            case NONE -> null;
            case NON_EMPTY_GROUP -> "The group has members.";
            case GROUP_ID_NOT_FOUND -> "There is no such group.";
            case INVALID_GROUP_ID -> "A group has a name.";
            default -> "The group is not deleted: " + error + ".";
        };
    }
}
