package io.chapar.broker.handler;

import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsResponse;
import io.chapar.protocol.message.DeleteTopicsResponse.DeletableTopicResult;

import java.util.ArrayList;
import java.util.List;

/// Deletes topics, by name or, from v6, by id. Versions 1-6.
final class DeleteTopicsHandler {
    private final Node node;

    DeleteTopicsHandler(Node node) {
        this.node = node;
    }

    void handle(DeleteTopicsRequest request, RequestContext context) {
        List<TopicRef> asked = new ArrayList<>();
        if (context.apiVersion() >= 6) {
            request.topics().forEach(t -> asked.add(new TopicRef(t.name(), t.name() == null ? t.topicId() : null)));
        } else {
            request.topicNames().forEach(name -> asked.add(new TopicRef(name, null)));
        }
        node.metadata().propose(new DeleteTopics(asked), context.loop(), proposed -> {
            List<DeletableTopicResult> results = new ArrayList<>();
            switch (proposed) {
                case Committed<List<TopicOutcome>> c -> c.result().forEach(o -> results.add(result(o)));
                case NotCommitted<List<TopicOutcome>> u -> asked.forEach(ref -> results.add(
                        result(new TopicOutcome(ref, u.error(), u.reason(), null))));
            }
            context.reply(DeleteTopicsResponse.builder().responses(results).build());
        });
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
