package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteGroupsResponse;
import io.chapar.protocol.message.DeleteGroupsResponse.DeletableGroupResult;

import java.util.ArrayList;
import java.util.List;

/// Versions 0-2, all alike.
final class DeleteGroupsHandler {
    private final GroupCoordinators groups;

    DeleteGroupsHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(DeleteGroupsRequest request, RequestContext context) {
        List<DeletableGroupResult> done = new ArrayList<>();
        Slices.inTurn(context.loop(), request.groupsNames(),
                (name, next) -> groups.submit(new DeleteGroup(name), context.caller(), reply -> {
                    done.add(new DeletableGroupResult(name, reply.error().code(), null));
                    next.run();
                }),
                () -> context.reply(DeleteGroupsResponse.builder().results(done).build()));
    }

}
