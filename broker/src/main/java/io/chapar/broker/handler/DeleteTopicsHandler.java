package io.chapar.broker.handler;

import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsResponse;
import io.chapar.protocol.message.DeleteTopicsResponse.DeletableTopicResult;

import java.util.ArrayList;
import java.util.List;

/// Deletes topics, by name or, from v6, by id. Versions 1-6.
final class DeleteTopicsHandler {
    /// By one command.
    private static final int TOPICS_AT_ONCE = 100;

    private final LocalBroker node;

    DeleteTopicsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(DeleteTopicsRequest request, RequestContext context) {
        List<TopicRef> asked = new ArrayList<>();
        if (context.apiVersion() >= 6) {
            request.topics().forEach(t -> asked.add(new TopicRef(t.name(), t.name() == null ? t.topicId() : null)));
        } else {
            request.topicNames().forEach(name -> asked.add(new TopicRef(name, null)));
        }
        long deadlineMs = context.deadlineMs(request.timeoutMs());
        List<DeletableTopicResult> results = new ArrayList<>();
        Slices.inTurn(context.loop(), Slices.chunks(asked, TOPICS_AT_ONCE), _ -> Slices.COST_PER_TURN,
                (some, next) -> node.metadata().propose(
                        new DeleteTopics(some), deadlineMs, context.loop(), proposed -> {
                            switch (proposed) {
                                case Committed<List<TopicOutcome>> c -> c.result().forEach(o -> results.add(result(o)));
                                case NotCommitted<List<TopicOutcome>> u -> some.forEach(ref -> results.add(
                                        result(new TopicOutcome(ref, u.error(), u.reason(), null))));
                            }
                            next.run();
                        }),
                () -> context.reply(DeleteTopicsResponse.builder().responses(results).build()));
    }

    private static DeletableTopicResult result(TopicOutcome outcome) {
        TopicRef asked = outcome.asked();
        return DeletableTopicResult.builder()
                .name(outcome.topic() != null ? outcome.topic().name() : asked.name())
                .topicId(outcome.topic() != null ? outcome.topic().id()
                        : asked.id() != null ? asked.id() : KafkaUuid.ZERO)
                .errorCode(outcome.error().code())
                .errorMessage(outcome.message())
                .build();
    }
}
