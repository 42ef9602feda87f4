package io.chapar.broker.handler;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.metadata.MetadataQuorum;
import io.chapar.broker.metadata.VoterChange;
import io.chapar.broker.metadata.VoterChange.Add;
import io.chapar.broker.metadata.VoterChange.Ended;
import io.chapar.broker.metadata.VoterChange.Remove;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddRaftVoterRequest;
import io.chapar.protocol.message.AddRaftVoterResponse;
import io.chapar.protocol.message.RemoveRaftVoterRequest;
import io.chapar.protocol.message.RemoveRaftVoterResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/// Who votes on the cluster's metadata is changed. AddRaftVoter versions 0-1, RemoveRaftVoter version 0.
///
/// AddRaftVoter v1 says whether to wait for the commit; here that is always waited for.
///
/// Whoever leads the quorum does it: another broker asks it. A voter that is in the lists of the others is let in
/// without such a request.
final class RaftVoterHandler {
    private static final long WAIT_MS = 15_000;

    private final LocalBroker node;
    private final Peers peers;

    RaftVoterHandler(LocalBroker node, Peers peers) {
        this.node = node;
        this.peers = peers;
    }

    void add(AddRaftVoterRequest request, RequestContext context) {
        Consumer<Ended> reply = ended -> context.reply(
                new AddRaftVoterResponse(0, ended.error().code(), ended.why()));
        if (request.listeners().isEmpty()) {
            reply.accept(new Ended(ErrorCode.INVALID_REQUEST, "A voter needs an address, and none is named."));
            return;
        }
        AddRaftVoterRequest.Listener at = request.listeners().getFirst();
        change(new Add(request.voterId(), request.voterDirectoryId(), new HostPort(at.host(), at.port())),
                request.clusterId(), request, Math.clamp(request.timeoutMs(), 0, WAIT_MS), context, reply);
    }

    void remove(RemoveRaftVoterRequest request, RequestContext context) {
        change(new Remove(request.voterId(), request.voterDirectoryId()), request.clusterId(), request, WAIT_MS,
                context, ended -> context.reply(new RemoveRaftVoterResponse(0, ended.error().code(), ended.why())));
    }

    private void change(VoterChange change, @Nullable String cluster, Request request, long waitMs,
            RequestContext context, Consumer<Ended> reply) {
        MetadataQuorum quorum = node.metadata().quorum();
        if (cluster != null && !cluster.equals(node.image().clusterName())) {
            reply.accept(new Ended(ErrorCode.INCONSISTENT_CLUSTER_ID,
                    "This is the cluster " + node.image().clusterName() + "."));
        } else if (quorum == null || quorum.leader() == MetadataQuorum.NOBODY) {
            reply.accept(new Ended(ErrorCode.NOT_LEADER_OR_FOLLOWER,
                    "No majority of the metadata quorum agrees on a leader at present."));
        } else if (quorum.isLedBy(node.id())) {
            node.metadata().change(change, context.nowMs() + waitMs, context.loop(), reply);
        } else if (context.principal().equals(Caller.BROKER)) {
            reply.accept(new Ended(ErrorCode.NOT_LEADER_OR_FOLLOWER,
                    "Broker " + node.id() + " was asked, and does not lead the metadata quorum."));
        } else {
            peers.ask(quorum.leader(), request, context.apiVersion(), context.loop(), context.nowMs() + waitMs,
                    how -> reply.accept(ended(quorum.leader(), how)));
        }
    }

    private static Ended ended(int leader, Peers.Asked how) {
        String who = "Broker " + leader + ", which leads the metadata quorum, ";
        return switch (how) {
            case Peers.Answered(AddRaftVoterResponse r) -> new Ended(ErrorCode.of(r.errorCode()), r.errorMessage());
            case Peers.Answered(RemoveRaftVoterResponse r) -> new Ended(ErrorCode.of(r.errorCode()), r.errorMessage());
            case Peers.Answered(Response other) -> new Ended(ErrorCode.UNKNOWN_SERVER_ERROR,
                    who + "said " + other.getClass().getSimpleName() + ".");
            case Peers.Unsent(String why) -> new Ended(ErrorCode.NOT_LEADER_OR_FOLLOWER,
                    who + "was asked in vain: " + why + ".");
            case Peers.Lost(String why) -> new Ended(ErrorCode.REQUEST_TIMED_OUT,
                    who + "has not said whether it is done: " + why + ".");
        };
    }
}
