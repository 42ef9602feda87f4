package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupCoordinators.Listed;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListGroupsResponse;
import io.chapar.protocol.message.ListGroupsResponse.ListedGroup;

import java.util.ArrayList;
import java.util.List;

/// Versions 0-5. v4 filters by state, v5 by type.
final class ListGroupsHandler {
    /// Also the type of a group that only stores offsets.
    private static final String TYPE = "classic";

    private final GroupCoordinators groups;

    ListGroupsHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(ListGroupsRequest request, RequestContext context) {
        groups.list(context.loop(), listed -> context.reply(answer(request, listed)));
    }

    private static ListGroupsResponse answer(ListGroupsRequest request, Listed listed) {
        List<ListedGroup> found = new ArrayList<>();
        if (passes(request.typesFilter(), TYPE)) {
            listed.groups().forEach(group -> {
                if (passes(request.statesFilter(), group.state())) {
                    found.add(new ListedGroup(group.groupId(), group.protocolType(), group.state(), TYPE));
                }
            });
        }
        return ListGroupsResponse.builder().errorCode(listed.error().code()).groups(found).build();
    }

    private static boolean passes(List<String> filter, String value) {
        return filter.isEmpty() || filter.stream().anyMatch(value::equalsIgnoreCase);
    }
}
