package io.chapar.client.admin;

import io.chapar.client.admin.AdminCalls.Target;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignablePartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignableTopic;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse;
import io.chapar.transport.Call;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Where the replicas of partitions are to be.
final class ReassignmentOps {
    private final AdminCalls calls;

    ReassignmentOps(AdminCalls calls) {
        this.calls = calls;
    }

    Map<TopicPartition, AdminResult<AdminResult.Success>> reassign(Map<TopicPartition, List<Integer>> to) {
        Map<TopicPartition, AdminResult<AdminResult.Success>> results = new LinkedHashMap<>();
        if (to.isEmpty()) {
            return results;
        }
        Map<String, List<ReassignablePartition>> byTopic = new TreeMap<>();
        to.forEach((partition, replicas) -> byTopic.computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                .add(new ReassignablePartition(partition.partition(), replicas)));
        AlterPartitionReassignmentsRequest request = AlterPartitionReassignmentsRequest.builder()
                .timeoutMs(calls.requestTimeoutMs())
                .topics(byTopic.entrySet().stream()
                        .map(topic -> new ReassignableTopic(topic.getKey(), topic.getValue())).toList())
                .build();
        AlterPartitionReassignmentsResponse response = calls.ask(new Target.Controller(),
                Call.of(request, calls.requestTimeoutMs()), AlterPartitionReassignmentsResponse.class,
                answer -> ErrorCode.of(answer.errorCode()), calls.deadlineMs()).response();
        response.responses().forEach(topic -> topic.partitions().forEach(one -> {
            TopicPartition partition = new TopicPartition(topic.name(), one.partitionIndex());
            ErrorCode error = ErrorCode.of(one.errorCode());
            results.put(partition, error == ErrorCode.NONE ? new AdminResult.Done<>(AdminResult.Success.SUCCESS)
                    : TopicOps.refused(error, "Partition " + partition, one.errorMessage()));
        }));
        return results;
    }
}
