package io.chapar.broker.handler;

import io.chapar.broker.fetch.FetchRun;
import io.chapar.broker.fetch.FetchSessions;
import io.chapar.broker.fetch.Nearness;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;

import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Reads. Versions 4-18.
///
/// v7 has sessions, v9 the reader's leader epoch, v12 the epoch of what it read last (answered with where its history
/// parts from ours), v13 names topics by id. Records are never null: an empty read is zero bytes. From v11 on a reader
/// says where it stands, follows to a replica that is nearer, and is answered by any replica (KIP-392).
final class FetchHandler {
    private static final short FIRST_OF_ANY_REPLICA = 11;

    private final LocalBroker node;
    private final Map<Loop, FetchSessions> sessions;

    /// @param sessions those of each loop's connections
    FetchHandler(LocalBroker node, Map<Loop, FetchSessions> sessions) {
        this.node = node;
        this.sessions = sessions;
    }

    void handle(FetchRequest request, RequestContext context) {
        FetchSessions mine = requireNonNull(sessions.get(context.loop()), "each loop has its sessions");
        Asker asker = new Asker();
        context.onDisconnect(asker::leave);
        mine.plan(request, context.apiVersion(), context.loop(), plan -> {
            if (asker.hasLeft) {
                context.replyNothing();
            } else if (plan.error() != ErrorCode.NONE) {
                context.reply(FetchResponse.builder().errorCode(plan.error().code()).build());
            } else {
                run(request, plan, mine, context);
            }
        });
    }

    private Nearness nearness(FetchRequest request, RequestContext context) {
        if (context.apiVersion() < FIRST_OF_ANY_REPLICA) {
            return Nearness.LEADER;
        }
        return node.config().selectsByRack() ? Nearness.of(request.rackId(), node.image(), node.id()) : Nearness.ANY;
    }

    /// Who goes away while the fetch is planned is not waited for.
    private static final class Asker {
        private boolean hasLeft = false;

        void leave() {
            hasLeft = true;
        }
    }

    private void run(FetchRequest request, FetchSessions.Plan plan, FetchSessions mine, RequestContext context) {
        FetchRun.Terms terms = new FetchRun.Terms(
                Math.max(0, request.minBytes()),
                Math.clamp(request.maxBytes(), 0, node.config().count("fetch.max.bytes")),
                request.maxWaitMs(),
                Isolation.of(request.isolationLevel()),
                nearness(request, context));
        new FetchRun(node.shards(), node.metadata()::image, context, terms, plan.partitions(), parts -> {
            FetchAnswer answer = new FetchAnswer(node, plan, context);
            Slices.each(context.loop(), parts, answer::add, () -> {
                mine.served(plan.sessionId(), answer.served());
                context.reply(answer.whole());
            });
        }).start();
    }
}
