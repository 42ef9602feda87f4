package io.chapar.broker.handler;

import io.chapar.broker.metadata.MetadataCommand.AddPartitions;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreatePartitionsRequest.CreatePartitionsTopic;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.CreatePartitionsResponse.CreatePartitionsTopicResult;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/// Adds partitions to topics; `count` is the new total. Versions 0-3.
final class CreatePartitionsHandler {
    private final Node node;

    CreatePartitionsHandler(Node node) {
        this.node = node;
    }

    void handle(CreatePartitionsRequest request, RequestContext context) {
        next(request, 0, new TreeSet<>(), new ArrayList<>(), context);
    }

    /// One topic a turn of the loop, so that a long list neither deepens the stack nor holds up others.
    private void next(
            CreatePartitionsRequest request,
            int index,
            Set<String> seen,
            List<CreatePartitionsTopicResult> results,
            RequestContext context) {
        if (index == request.topics().size()) {
            context.reply(CreatePartitionsResponse.builder().results(results).build());
            return;
        }
        CreatePartitionsTopic topic = request.topics().get(index);
        String problem = !seen.add(topic.name()) ? "The topic is named twice." : assignmentProblem(topic);
        if (problem != null) {
            ErrorCode error = topic.assignments() == null
                    ? ErrorCode.INVALID_REQUEST : ErrorCode.INVALID_REPLICA_ASSIGNMENT;
            results.add(new CreatePartitionsTopicResult(topic.name(), error.code(), problem));
            context.loop().execute(() -> next(request, index + 1, seen, results, context));
            return;
        }
        AddPartitions command = new AddPartitions(topic.name(), topic.count(), request.validateOnly());
        node.metadata().propose(command, context.loop(), proposed -> {
            results.add(switch (proposed) {
                case Committed<TopicOutcome> c -> new CreatePartitionsTopicResult(
                        topic.name(), c.result().error().code(), c.result().message());
                case NotCommitted<TopicOutcome> u -> new CreatePartitionsTopicResult(
                        topic.name(), u.error().code(), u.reason());
            });
            context.loop().execute(() -> next(request, index + 1, seen, results, context));
        });
    }

    private String assignmentProblem(CreatePartitionsTopic topic) {
        if (topic.assignments() == null) {
            return null;
        }
        return topic.assignments().stream()
                .map(a -> Directory.assignmentProblem(node.image(), a.brokerIds()))
                .filter(Objects::nonNull).findFirst().orElse(null);
    }
}
