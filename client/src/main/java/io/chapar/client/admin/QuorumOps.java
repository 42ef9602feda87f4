package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddRaftVoterRequest;
import io.chapar.protocol.message.AddRaftVoterResponse;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.DescribeQuorumRequest;
import io.chapar.protocol.message.DescribeQuorumRequest.PartitionData;
import io.chapar.protocol.message.DescribeQuorumRequest.TopicData;
import io.chapar.protocol.message.DescribeQuorumResponse;
import io.chapar.protocol.message.DescribeQuorumResponse.ReplicaState;
import io.chapar.protocol.message.RemoveRaftVoterRequest;
import io.chapar.protocol.message.RemoveRaftVoterResponse;
import io.chapar.transport.Call;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/// The quorum that decides the cluster's metadata.
final class QuorumOps {
    private static final String TOPIC = "__cluster_metadata";
    private static final String LISTENER = "QUORUM";
    private static final DescribeQuorumRequest REQUEST =
            new DescribeQuorumRequest(List.of(new TopicData(TOPIC, List.of(new PartitionData(0)))));

    private final AdminCalls calls;

    QuorumOps(AdminCalls calls) {
        this.calls = calls;
    }

    /// That nobody leads at present is an answer: whoever looks wants to know it at once.
    AdminResult<QuorumDescription> describe() {
        Call call = Call.of(ApiKey.DESCRIBE_QUORUM, calls.requestTimeoutMs(), _ -> REQUEST);
        DescribeQuorumResponse response = calls.ask(new Target.AnyBroker(), call, DescribeQuorumResponse.class,
                answer -> isAnswer(ErrorCode.of(answer.errorCode())) ? ErrorCode.NONE
                        : ErrorCode.of(answer.errorCode()), calls.deadlineMs()).response();
        ErrorCode whole = ErrorCode.of(response.errorCode());
        if (whole != ErrorCode.NONE) {
            return TopicOps.refused(whole, "The metadata quorum", response.errorMessage());
        }
        if (response.topics().isEmpty() || response.topics().getFirst().partitions().isEmpty()) {
            return TopicOps.refused(ErrorCode.UNKNOWN_SERVER_ERROR, "The metadata quorum", "The answer is empty.");
        }
        DescribeQuorumResponse.PartitionData quorum = response.topics().getFirst().partitions().getFirst();
        ErrorCode error = ErrorCode.of(quorum.errorCode());
        if (error != ErrorCode.NONE) {
            return TopicOps.refused(error, "The metadata quorum", quorum.errorMessage());
        }
        Map<Integer, String> addresses = addresses(response);
        return new AdminResult.Done<>(new QuorumDescription(quorum.leaderId(), quorum.leaderEpoch(),
                quorum.highWatermark(), replicas(quorum.currentVoters(), addresses),
                replicas(quorum.observers(), addresses)));
    }

    /// The folder is that which it has said that it has.
    AdminResult<AdminResult.Success> addVoter(int node, String host, int port) {
        Call call = Call.of(ApiKey.ADD_RAFT_VOTER, calls.requestTimeoutMs(), _ -> AddRaftVoterRequest.builder()
                .clusterId(null).timeoutMs(calls.requestTimeoutMs()).voterId(node)
                .listeners(List.of(new AddRaftVoterRequest.Listener(LISTENER, host, port))).build());
        Reply<AddRaftVoterResponse> reply = calls.ask(new Target.AnyBroker(), call, AddRaftVoterResponse.class,
                _ -> ErrorCode.NONE, calls.deadlineMs());
        ErrorCode error = ErrorCode.of(reply.response().errorCode());
        boolean wasDoneBefore = error == ErrorCode.DUPLICATE_VOTER && reply.lostBefore();
        return error == ErrorCode.NONE || wasDoneBefore ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "Voter " + node, reply.response().errorMessage());
    }

    /// By way of any broker. The answer tells of the whole: nothing of it is asked for again by itself.
    AdminResult<AdminResult.Success> removeVoter(int node, UUID folder) {
        Call call = Call.of(ApiKey.REMOVE_RAFT_VOTER, calls.requestTimeoutMs(),
                _ -> new RemoveRaftVoterRequest(null, node, folder));
        Reply<RemoveRaftVoterResponse> reply = calls.ask(new Target.AnyBroker(), call,
                RemoveRaftVoterResponse.class, _ -> ErrorCode.NONE, calls.deadlineMs());
        ErrorCode error = ErrorCode.of(reply.response().errorCode());
        boolean wasDoneBefore = error == ErrorCode.VOTER_NOT_FOUND && reply.lostBefore();
        return error == ErrorCode.NONE || wasDoneBefore ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                : TopicOps.refused(error, "Voter " + node, reply.response().errorMessage());
    }

    private static boolean isAnswer(ErrorCode error) {
        return error == ErrorCode.LEADER_NOT_AVAILABLE || error == ErrorCode.NOT_LEADER_OR_FOLLOWER;
    }

    private static Map<Integer, String> addresses(DescribeQuorumResponse response) {
        Map<Integer, String> addresses = new TreeMap<>();
        response.nodes().forEach(node -> node.listeners().stream().findFirst().ifPresent(
                listener -> addresses.put(node.nodeId(), listener.host() + ':' + listener.port())));
        return addresses;
    }

    private static List<QuorumDescription.Replica> replicas(
            @Nullable List<ReplicaState> replicas, Map<Integer, String> addresses) {
        return replicas == null ? List.of() : replicas.stream().map(replica -> new QuorumDescription.Replica(
                replica.replicaId(), replica.replicaDirectoryId(), addresses.get(replica.replicaId()),
                replica.logEndOffset(), replica.lastFetchTimestamp(), replica.lastCaughtUpTimestamp())).toList();
    }
}
