package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.group.GroupCoordinators.Listed;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListGroupsResponse;
import io.chapar.protocol.message.ListGroupsResponse.ListedGroup;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/// Versions 0-5. v4 filters by state, v5 by type.
final class ListGroupsHandler {
    private final GroupCoordinators groups;

    ListGroupsHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(ListGroupsRequest request, RequestContext context) {
        Set<String> states = lowerCase(request.statesFilter());
        Set<String> types = lowerCase(request.typesFilter());
        groups.list(context.caller(), listed -> context.afford(
                listed.groups().size(), () -> answer(states, types, listed, context)));
    }

    private static void answer(Set<String> states, Set<String> types, Listed listed, RequestContext context) {
        List<ListedGroup> found = new ArrayList<>();
        Slices.each(context.loop(), listed.groups(),
                group -> {
                    String type = group.type().kafkaName();
                    if (passes(types, type) && passes(states, group.state())) {
                        found.add(new ListedGroup(group.groupId(), group.protocolType(), group.state(), type));
                    }
                },
                () -> context.reply(ListGroupsResponse.builder()
                        .errorCode(listed.error().code())
                        .groups(found)
                        .build()));
    }

    private static Set<String> lowerCase(List<String> filter) {
        Set<String> all = new LinkedHashSet<>();
        filter.forEach(name -> all.add(name.toLowerCase(Locale.ROOT)));
        return all;
    }

    private static boolean passes(Set<String> filter, String value) {
        return filter.isEmpty() || filter.contains(value.toLowerCase(Locale.ROOT));
    }

}
