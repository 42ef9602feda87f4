package io.chapar.broker.handler;

import io.chapar.broker.metadata.MetadataCommand.AddPartitions;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreatePartitionsRequest.CreatePartitionsAssignment;
import io.chapar.protocol.message.CreatePartitionsRequest.CreatePartitionsTopic;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.CreatePartitionsResponse.CreatePartitionsTopicResult;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Adds partitions to topics; `count` is the new total. Versions 0-3.
final class CreatePartitionsHandler {
    private final LocalBroker node;

    CreatePartitionsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(CreatePartitionsRequest request, RequestContext context) {
        long deadlineMs = context.deadlineMs(request.timeoutMs());
        Set<String> seen = new LinkedHashSet<>();
        List<CreatePartitionsTopicResult> results = new ArrayList<>();
        Slices.inTurn(context.loop(), request.topics(),
                topic -> 1 + (topic.assignments() == null ? 0 : topic.assignments().size()),
                (topic, next) -> one(topic, seen, request.validateOnly(), deadlineMs, context, result -> {
                    results.add(result);
                    next.run();
                }),
                () -> context.reply(CreatePartitionsResponse.builder().results(results).build()));
    }

    private void one(
            CreatePartitionsTopic topic,
            Set<String> seen,
            boolean validateOnly,
            long deadlineMs,
            RequestContext context,
            Consumer<CreatePartitionsTopicResult> done) {
        if (!seen.add(topic.name())) {
            done.accept(new CreatePartitionsTopicResult(
                    topic.name(), ErrorCode.INVALID_REQUEST.code(), "The topic is named twice."));
            return;
        }
        Replicas.Assigned replicas = topic.assignments() == null ? null
                : new Replicas.Assigned(topic.assignments().stream()
                        .map(CreatePartitionsAssignment::brokerIds).toList());
        AddPartitions command = new AddPartitions(topic.name(), topic.count(), replicas, validateOnly);
        node.metadata().propose(command, deadlineMs, context.loop(), proposed -> done.accept(switch (proposed) {
            case Committed<TopicOutcome> c -> new CreatePartitionsTopicResult(
                    topic.name(), c.result().error().code(), c.result().message());
            case NotCommitted<TopicOutcome> u -> new CreatePartitionsTopicResult(
                    topic.name(), u.error().code(), u.reason());
        }));
    }
}
