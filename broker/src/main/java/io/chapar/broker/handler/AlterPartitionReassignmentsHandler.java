package io.chapar.broker.handler;

import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.Reassignments;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignablePartition;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest.ReassignableTopic;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse.ReassignablePartitionResponse;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse.ReassignableTopicResponse;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Replicas to other brokers, or, without any, back to where they were. Versions 0-1; 1 may say that the number of
/// replicas stays. Answered when it is decided; it takes as long as the replicas take to catch up.
final class AlterPartitionReassignmentsHandler {
    /// Of one request.
    static final int MAX_PARTITIONS = 100_000;

    private final LocalBroker node;

    AlterPartitionReassignmentsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(AlterPartitionReassignmentsRequest request, RequestContext context) {
        long count = request.topics().stream().mapToLong(topic -> topic.partitions().size()).sum();
        if (count > MAX_PARTITIONS) {
            context.reply(AlterPartitionReassignmentsResponse.builder()
                    .errorCode(ErrorCode.POLICY_VIOLATION.code())
                    .errorMessage("One request may move at most " + MAX_PARTITIONS + " partitions, not " + count + ".")
                    .build());
            return;
        }
        long deadlineMs = context.deadlineMs(request.timeoutMs());
        SequencedMap<TopicPartition, Outcome> outcomes = new LinkedHashMap<>();
        List<ReassignmentWish> wishes = wishes(request.topics(), outcomes);
        Slices.inTurn(context.loop(), Slices.chunks(wishes, AlterReassignments.MOST), _ -> Slices.COST_PER_TURN,
                (some, next) -> ask(request, some, deadlineMs, context, outcomes, next),
                () -> context.reply(answer(request, outcomes)));
    }

    /// What need not be asked gets its outcome at once.
    private static List<ReassignmentWish> wishes(
            List<ReassignableTopic> topics, Map<TopicPartition, Outcome> outcomes) {
        SequencedMap<TopicPartition, ReassignmentWish> wishes = new LinkedHashMap<>();
        for (ReassignableTopic topic : topics) {
            boolean isName = TopicNames.problem(topic.name()) == null;
            for (ReassignablePartition partition : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.name(), partition.partitionIndex());
                Outcome refusal = refusal(isName, partition.replicas(), outcomes.containsKey(id));
                outcomes.put(id, refusal == null ? Outcome.DONE : refusal);
                if (refusal == null) {
                    wishes.put(id, new ReassignmentWish(id, partition.replicas()));
                } else {
                    wishes.remove(id);
                }
            }
        }
        return List.copyOf(wishes.values());
    }

    private static @Nullable Outcome refusal(boolean isName, @Nullable List<Integer> replicas, boolean isNamedTwice) {
        if (isNamedTwice) {
            return new Outcome(ErrorCode.INVALID_REQUEST, "The partition is named twice.");
        }
        if (!isName) {
            return new Outcome(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "No topic can have this name.");
        }
        return replicas == null || replicas.size() <= Reassignments.MOST_REPLICAS ? null
                : new Outcome(ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                        "A partition has at most " + Reassignments.MOST_REPLICAS + " replicas.");
    }

    private void ask(AlterPartitionReassignmentsRequest request, List<ReassignmentWish> some, long deadlineMs,
            RequestContext context, Map<TopicPartition, Outcome> outcomes, Runnable next) {
        AlterReassignments command = new AlterReassignments(request.allowReplicationFactorChange(), some);
        node.metadata().propose(command, deadlineMs, context.loop(), proposed -> {
            switch (proposed) {
                case Committed<List<Outcome>>(List<Outcome> results) -> {
                    for (int i = 0; i < some.size(); i++) {
                        outcomes.put(some.get(i).partition(), results.get(i));
                    }
                }
                case NotCommitted<List<Outcome>> not -> some.forEach(wish ->
                        outcomes.put(wish.partition(), new Outcome(not.error(), not.reason())));
            }
            next.run();
        });
    }

    private static AlterPartitionReassignmentsResponse answer(
            AlterPartitionReassignmentsRequest request, SequencedMap<TopicPartition, Outcome> outcomes) {
        SequencedMap<String, List<ReassignablePartitionResponse>> byTopic = new LinkedHashMap<>();
        outcomes.forEach((id, outcome) -> byTopic.computeIfAbsent(id.topic(), _ -> new ArrayList<>())
                .add(new ReassignablePartitionResponse(id.partition(), outcome.error().code(), outcome.message())));
        return AlterPartitionReassignmentsResponse.builder()
                .errorMessage(null)
                .allowReplicationFactorChange(request.allowReplicationFactorChange())
                .responses(byTopic.entrySet().stream()
                        .map(topic -> new ReassignableTopicResponse(topic.getKey(), topic.getValue())).toList())
                .build();
    }
}
