package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Heartbeat;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;

/// Versions 0-4. v3 knows static members.
final class HeartbeatHandler {
    private final GroupCoordinators groups;

    HeartbeatHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(HeartbeatRequest request, RequestContext context) {
        Heartbeat heartbeat = new Heartbeat(
                request.groupId(), request.generationId(), request.memberId(), request.groupInstanceId());
        groups.submit(heartbeat, context.caller(), done -> context.reply(
                HeartbeatResponse.builder().errorCode(done.error().code()).build()));
    }
}
