package io.chapar.broker.handler;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.handler.Directory.Listed;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.FindCoordinatorResponse.Coordinator;
import org.jspecify.annotations.Nullable;

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

    private final LocalBroker node;
    private final TopicCreation creation;

    FindCoordinatorHandler(LocalBroker node, TopicCreation creation) {
        this.node = node;
        this.creation = creation;
    }

    void handle(FindCoordinatorRequest request, RequestContext context) {
        if (request.keyType() != GROUP && request.keyType() != TRANSACTION) {
            answer(request, context, ErrorCode.INVALID_REQUEST, "Coordinators of type " + request.keyType()
                    + " are not served.");
            return;
        }
        String topic = topic(request);
        creation.create(Set.of(topic), context.loop(), failed -> {
            boolean ready = failed.isEmpty();
            answer(request, context, ready ? ErrorCode.NONE : ErrorCode.COORDINATOR_NOT_AVAILABLE,
                    ready ? null : reason(topic, failed));
        });
    }

    private static String reason(String topic, Map<String, ErrorCode> failed) {
        return topic + " cannot be created: " + failed.get(topic) + ".";
    }

    private void answer(FindCoordinatorRequest request, RequestContext context, ErrorCode error,
            @Nullable String message) {
        Directory directory = Directory.of(node, context);
        if (context.apiVersion() < 4) {
            Listed found = error == ErrorCode.NONE ? coordinator(request.key(), request, directory) : Directory.NOWHERE;
            context.reply(FindCoordinatorResponse.builder()
                    .errorCode(code(error, found))
                    .errorMessage(message)
                    .nodeId(found.id())
                    .host(found.at().host())
                    .port(found.at().port())
                    .build());
            return;
        }
        List<Coordinator> coordinators = new ArrayList<>();
        Slices.each(context.loop(), request.coordinatorKeys(),
                key -> {
                    Listed found =
                            error == ErrorCode.NONE ? coordinator(key, request, directory) : Directory.NOWHERE;
                    coordinators.add(new Coordinator(
                            key, found.id(), found.at().host(), found.at().port(), code(error, found), message));
                },
                () -> context.reply(FindCoordinatorResponse.builder().coordinators(coordinators).build()));
    }

    private static short code(ErrorCode error, Listed found) {
        return (error == ErrorCode.NONE && !found.isKnown()
                ? ErrorCode.COORDINATOR_NOT_AVAILABLE : error).code();
    }

    /// The leader of the partition in which the key's state is kept.
    private static Listed coordinator(String key, FindCoordinatorRequest request, Directory directory) {
        String topic = topic(request);
        TopicImage known = directory.image().topic(topic);
        return known == null ? Directory.NOWHERE
                : directory.leader(topic, CoordinatorKeys.partitionOf(key, known.partitions()));
    }

    private static String topic(FindCoordinatorRequest request) {
        return request.keyType() == GROUP ? CoordinatorKeys.CONSUMER_OFFSETS : CoordinatorKeys.TRANSACTION_STATE;
    }
}
