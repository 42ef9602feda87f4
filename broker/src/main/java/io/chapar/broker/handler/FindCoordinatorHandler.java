package io.chapar.broker.handler;

import io.chapar.broker.HostPort;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.FindCoordinatorResponse.Coordinator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Who coordinates a group (type 0) or a transactional id (type 1). Versions 0-6.
///
/// v1 has types, v4 asks for many keys at once, v6 adds share groups (type 2), which are not served. The topic that
/// the coordinator keeps its state in is created by the first who asks.
final class FindCoordinatorHandler {
    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;

    private final Node node;
    private final TopicCreation creation;

    FindCoordinatorHandler(Node node, TopicCreation creation) {
        this.node = node;
        this.creation = creation;
    }

    void handle(FindCoordinatorRequest request, RequestContext context) {
        if (request.keyType() != GROUP && request.keyType() != TRANSACTION) {
            answer(request, context, ErrorCode.INVALID_REQUEST, "Coordinators of type " + request.keyType()
                    + " are not served.");
            return;
        }
        String topic = request.keyType() == GROUP
                ? CoordinatorKeys.CONSUMER_OFFSETS : CoordinatorKeys.TRANSACTION_STATE;
        creation.create(Set.of(topic), context.loop(), failed -> {
            boolean ready = failed.isEmpty();
            answer(request, context, ready ? ErrorCode.NONE : ErrorCode.COORDINATOR_NOT_AVAILABLE,
                    ready ? null : reason(topic, failed));
        });
    }

    private static String reason(String topic, Map<String, ErrorCode> failed) {
        return topic + " cannot be created: " + failed.get(topic) + ".";
    }

    private void answer(FindCoordinatorRequest request, RequestContext context, ErrorCode error, String message) {
        boolean fine = error == ErrorCode.NONE;
        HostPort here = fine ? context.advertised() : new HostPort("", -1);
        int nodeId = fine ? node.id() : -1;
        if (context.apiVersion() < 4) {
            context.reply(FindCoordinatorResponse.builder()
                    .errorCode(error.code())
                    .errorMessage(message)
                    .nodeId(nodeId)
                    .host(here.host())
                    .port(here.port())
                    .build());
            return;
        }
        List<Coordinator> coordinators = new ArrayList<>();
        for (String key : request.coordinatorKeys()) {
            coordinators.add(new Coordinator(key, nodeId, here.host(), here.port(), error.code(), message));
        }
        context.reply(FindCoordinatorResponse.builder().coordinators(coordinators).build());
    }
}
