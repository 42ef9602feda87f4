package io.chapar.broker.handler;

import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.SyncGroupRequest.SyncGroupRequestAssignment;
import io.chapar.protocol.message.SyncGroupResponse;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Versions 0-5. v3 knows static members; from v5 a member says which protocol it means, and that is checked.
final class SyncGroupHandler {
    private static final int PROTOCOL_SINCE = 5;

    private final GroupCoordinators groups;

    SyncGroupHandler(GroupCoordinators groups) {
        this.groups = groups;
    }

    void handle(SyncGroupRequest request, RequestContext context) {
        boolean unnamed = request.protocolType() == null || request.protocolName() == null;
        if (context.apiVersion() >= PROTOCOL_SINCE && unnamed) {
            context.reply(SyncGroupResponse.builder()
                    .errorCode(ErrorCode.INCONSISTENT_GROUP_PROTOCOL.code())
                    .build());
            return;
        }
        SequencedMap<String, ByteBuffer> assignments = new LinkedHashMap<>();
        for (SyncGroupRequestAssignment one : request.assignments()) {
            assignments.put(one.memberId(), one.assignment());
        }
        Sync sync = new Sync(
                request.groupId(),
                request.generationId(),
                request.memberId(),
                request.groupInstanceId(),
                request.protocolType(),
                request.protocolName(),
                assignments);
        groups.submit(sync, context.caller(), synced -> context.reply(SyncGroupResponse.builder()
                .errorCode(synced.error().code())
                .protocolType(synced.protocolType())
                .protocolName(synced.protocol())
                .assignment(synced.assignment())
                .build()));
        // The leader's part may be long in coming, and the group has copies.
        context.forget();
    }
}
