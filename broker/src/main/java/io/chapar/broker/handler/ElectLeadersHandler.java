package io.chapar.broker.handler;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.LeaderElections;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metadata.TopicNames;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ElectLeadersRequest;
import io.chapar.protocol.message.ElectLeadersRequest.TopicPartitions;
import io.chapar.protocol.message.ElectLeadersResponse;
import io.chapar.protocol.message.ElectLeadersResponse.PartitionResult;
import io.chapar.protocol.message.ElectLeadersResponse.ReplicaElectionResult;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Lets partitions be led by their first replica, or by anybody. Versions 0-2; 0 knows the first kind alone.
///
/// Without partitions all are meant that this broker knows to need it; those that do not are left out of the answer,
/// as Kafka does.
final class ElectLeadersHandler {
    /// Of one request.
    static final int MAX_PARTITIONS = 100_000;
    private static final short FIRST_WITH_ERROR = 1;

    private final LocalBroker node;

    ElectLeadersHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(ElectLeadersRequest request, RequestContext context) {
        List<TopicPartitions> topics = request.topicPartitions();
        long count = topics == null ? 0 : topics.stream().mapToLong(topic -> topic.partitions().size()).sum();
        if (count > MAX_PARTITIONS) {
            refuse(context, ErrorCode.POLICY_VIOLATION);
            return;
        }
        switch (request.electionType()) {
            case 0 -> elect(ElectionKind.PREFERRED, topics, request.timeoutMs(), context);
            case 1 -> elect(ElectionKind.UNCLEAN, topics, request.timeoutMs(), context);
            default -> refuse(context, ErrorCode.INVALID_REQUEST);
        }
    }

    private static void refuse(RequestContext context, ErrorCode error) {
        if (context.apiVersion() < FIRST_WITH_ERROR) {
            context.close("an election of leaders was refused with " + error);
        } else {
            context.reply(ElectLeadersResponse.DEFAULT.toBuilder().errorCode(error.code()).build());
        }
    }

    private void elect(
            ElectionKind kind, @Nullable List<TopicPartitions> topics, int timeoutMs, RequestContext context) {
        long deadlineMs = context.deadlineMs(timeoutMs);
        Map<String, List<PartitionResult>> results = new LinkedHashMap<>();
        List<TopicPartition> wanted = topics == null
                ? needing(kind, node.metadata().image()) : named(topics, results);
        Slices.inTurn(context.loop(), parts(wanted), List::size,
                (part, next) -> elect(kind, part, deadlineMs, context, topics == null, results, next),
                () -> context.reply(new ElectLeadersResponse(0, ErrorCode.NONE.code(), results.entrySet().stream()
                        .map(topic -> new ReplicaElectionResult(topic.getKey(), topic.getValue())).toList())));
    }

    /// What one command takes each.
    private static List<List<TopicPartition>> parts(List<TopicPartition> all) {
        List<List<TopicPartition>> parts = new ArrayList<>();
        for (int from = 0; from < all.size(); from += ElectLeaders.MOST) {
            parts.add(all.subList(from, Math.min(all.size(), from + ElectLeaders.MOST)));
        }
        return parts;
    }

    private static List<TopicPartition> needing(ElectionKind kind, ClusterImage image) {
        List<TopicPartition> needing = new ArrayList<>();
        for (TopicImage topic : image.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                if (!LeaderElections.isNotNeeded(kind, topic.partition(i))) {
                    needing.add(new TopicPartition(topic.name(), i));
                }
            }
        }
        return needing;
    }

    /// What can be no topic's name is not sent on, however long it is.
    private static List<TopicPartition> named(
            List<TopicPartitions> topics, Map<String, List<PartitionResult>> results) {
        List<TopicPartition> named = new ArrayList<>();
        for (TopicPartitions topic : topics) {
            boolean isName = TopicNames.problem(topic.topic()) == null;
            for (int partition : topic.partitions()) {
                TopicPartition one = new TopicPartition(topic.topic(), partition);
                if (isName) {
                    named.add(one);
                } else {
                    add(one, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null, results);
                }
            }
        }
        return named;
    }

    private void elect(ElectionKind kind, List<TopicPartition> part, long deadlineMs, RequestContext context,
            boolean all, Map<String, List<PartitionResult>> results, Runnable next) {
        node.metadata().propose(new ElectLeaders(kind, part), deadlineMs, context.loop(), proposed -> {
            switch (proposed) {
                case Committed<List<ErrorCode>>(List<ErrorCode> outcomes) -> {
                    for (int i = 0; i < part.size(); i++) {
                        if (!all || outcomes.get(i) != ErrorCode.ELECTION_NOT_NEEDED) {
                            add(part.get(i), outcomes.get(i), message(outcomes.get(i)), results);
                        }
                    }
                }
                case NotCommitted<List<ErrorCode>> not ->
                        part.forEach(one -> add(one, not.error(), not.reason(), results));
            }
            next.run();
        });
    }

    private static void add(TopicPartition partition, ErrorCode error, @Nullable String message,
            Map<String, List<PartitionResult>> results) {
        results.computeIfAbsent(partition.topic(), _ -> new ArrayList<>())
                .add(new PartitionResult(partition.partition(), error.code(), message));
    }

    private static @Nullable String message(ErrorCode error) {
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION -> "This topic has no such partition, or does not exist.";
            case ELECTION_NOT_NEEDED -> "It is led as it should be.";
            case PREFERRED_LEADER_NOT_AVAILABLE -> "The first replica is not active, or not in sync.";
            case ELIGIBLE_LEADERS_NOT_AVAILABLE -> "None of its replicas is active.";
            default -> null;
        };
    }
}
