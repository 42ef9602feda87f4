package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Reply;
import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignablePartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignableTopic;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse;
import io.chapar.protocol.message.ElectLeadersRequest;
import io.chapar.protocol.message.ElectLeadersRequest.TopicPartitions;
import io.chapar.protocol.message.ElectLeadersResponse;
import io.chapar.protocol.message.ListPartitionReassignmentsRequest;
import io.chapar.protocol.message.ListPartitionReassignmentsResponse;
import io.chapar.protocol.message.UnregisterBrokerRequest;
import io.chapar.protocol.message.UnregisterBrokerResponse;
import io.chapar.transport.Call;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static io.chapar.client.admin.AdminResult.Success.SUCCESS;

/// Where replicas are, and who leads.
final class ReassignmentOps {
    private static final byte PREFERRED = 0;
    /// One request has a bound.
    private static final int AT_ONCE = 1_000;

    private final AdminCalls calls;

    ReassignmentOps(AdminCalls calls) {
        this.calls = calls;
    }

    /// To be done again without harm, so that a lost answer needs no care.
    ///
    /// @param wanted the replicas of each partition, the preferred leader first; null to cancel
    Map<TopicPartition, AdminResult<AdminResult.Success>> alter(Map<TopicPartition, @Nullable List<Integer>> wanted) {
        Map<TopicPartition, AdminResult<AdminResult.Success>> results = new LinkedHashMap<>();
        chunks(wanted.keySet()).forEach(some -> alter(some, wanted, results));
        return results;
    }

    private static List<List<TopicPartition>> chunks(Collection<TopicPartition> all) {
        List<TopicPartition> list = List.copyOf(all);
        List<List<TopicPartition>> chunks = new ArrayList<>();
        for (int from = 0; from < list.size(); from += AT_ONCE) {
            chunks.add(list.subList(from, Math.min(list.size(), from + AT_ONCE)));
        }
        return chunks;
    }

    private void alter(List<TopicPartition> some, Map<TopicPartition, @Nullable List<Integer>> wanted,
            Map<TopicPartition, AdminResult<AdminResult.Success>> results) {
        Map<String, List<ReassignablePartition>> byTopic = new TreeMap<>();
        some.forEach(id -> byTopic.computeIfAbsent(id.topic(), _ -> new ArrayList<>())
                .add(new ReassignablePartition(id.partition(), wanted.get(id))));
        AlterPartitionReassignmentsRequest request = AlterPartitionReassignmentsRequest.builder()
                .timeoutMs(calls.requestTimeoutMs())
                .topics(byTopic.entrySet().stream()
                        .map(topic -> new ReassignableTopic(topic.getKey(), topic.getValue())).toList())
                .build();
        AlterPartitionReassignmentsResponse response = calls.ask(new Target.Controller(),
                Call.of(request, calls.requestTimeoutMs()), AlterPartitionReassignmentsResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), AlterPartitionReassignmentsResponse::errorMessage,
                calls.deadlineMs()).response();
        ErrorCode whole = ErrorCode.of(response.errorCode());
        if (whole != ErrorCode.NONE) {
            some.forEach(id ->
                    results.put(id, TopicOps.refused(whole, "Partition " + id, response.errorMessage())));
        }
        response.responses().forEach(topic -> topic.partitions().forEach(one -> {
            TopicPartition id = new TopicPartition(topic.name(), one.partitionIndex());
            results.put(id, result(ErrorCode.of(one.errorCode()), "Partition " + id, one.errorMessage()));
        }));
    }

    List<OngoingReassignment> list() {
        ListPartitionReassignmentsResponse response = calls.ask(new Target.Controller(),
                Call.of(new ListPartitionReassignmentsRequest(calls.requestTimeoutMs(), null),
                        calls.requestTimeoutMs()), ListPartitionReassignmentsResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), calls.deadlineMs()).response();
        List<OngoingReassignment> all = new ArrayList<>();
        response.topics().forEach(topic -> topic.partitions().forEach(one -> all.add(new OngoingReassignment(
                new TopicPartition(topic.name(), one.partitionIndex()), one.replicas(), one.addingReplicas(),
                one.removingReplicas()))));
        return all;
    }

    /// Lets the first replica of each lead. That it does already is success.
    Map<TopicPartition, AdminResult<AdminResult.Success>> electPreferred(Collection<TopicPartition> partitions) {
        Map<TopicPartition, AdminResult<AdminResult.Success>> results = new LinkedHashMap<>();
        chunks(partitions).forEach(some -> electPreferred(some, results));
        return results;
    }

    private void electPreferred(
            List<TopicPartition> partitions, Map<TopicPartition, AdminResult<AdminResult.Success>> results) {
        Map<String, List<Integer>> byTopic = new TreeMap<>();
        partitions.forEach(id -> byTopic.computeIfAbsent(id.topic(), _ -> new ArrayList<>()).add(id.partition()));
        ElectLeadersRequest request = new ElectLeadersRequest(PREFERRED, byTopic.entrySet().stream()
                .map(topic -> new TopicPartitions(topic.getKey(), topic.getValue())).toList(),
                calls.requestTimeoutMs());
        ElectLeadersResponse response = calls.ask(new Target.Controller(),
                Call.of(request, calls.requestTimeoutMs()), ElectLeadersResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), calls.deadlineMs()).response();
        response.replicaElectionResults().forEach(topic -> topic.partitionResult().forEach(one -> {
            TopicPartition id = new TopicPartition(topic.topic(), one.partitionId());
            ErrorCode error = ErrorCode.of(one.errorCode());
            results.put(id, result(error == ErrorCode.ELECTION_NOT_NEEDED ? ErrorCode.NONE : error,
                    "Partition " + id, one.errorMessage()));
        }));
    }

    AdminResult<AdminResult.Success> unregister(int broker) {
        Reply<UnregisterBrokerResponse> reply = calls.ask(new Target.Controller(),
                Call.of(new UnregisterBrokerRequest(broker), calls.requestTimeoutMs()),
                UnregisterBrokerResponse.class, answer -> ErrorCode.of(answer.errorCode()),
                UnregisterBrokerResponse::errorMessage, calls.deadlineMs());
        ErrorCode error = ErrorCode.of(reply.response().errorCode());
        boolean wasDoneBefore = error == ErrorCode.BROKER_ID_NOT_REGISTERED && reply.lostBefore();
        return result(wasDoneBefore ? ErrorCode.NONE : error, "Broker " + broker, reply.response().errorMessage());
    }

    private static AdminResult<AdminResult.Success> result(ErrorCode error, String what, @Nullable String message) {
        return error == ErrorCode.NONE ? new AdminResult.Done<>(SUCCESS) : TopicOps.refused(error, what, message);
    }
}
