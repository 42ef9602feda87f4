package io.chapar.broker.handler;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableReplicaAssignment;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.CreateTopicsResponse.CreatableTopicConfigs;
import io.chapar.protocol.message.CreateTopicsResponse.CreatableTopicResult;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;

import static java.util.Objects.requireNonNull;

/// Creates topics. Versions 2-7.
///
/// v5 answers with the settings, and lets -1 stand for the broker's default number of partitions and replicas; older
/// versions are given the same. v7 answers with the topic's id.
final class CreateTopicsHandler {
    /// By one command.
    private static final int TOPICS_AT_ONCE = 100;
    /// Of a topic, each of which is told, and the topic.
    private static final int SETTINGS = 1 + TopicConfig.all().size();

    private final LocalBroker node;

    CreateTopicsHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(CreateTopicsRequest request, RequestContext context) {
        SequencedMap<String, CreatableTopicResult> results = new LinkedHashMap<>();
        SequencedMap<String, NewTopic> wished = new LinkedHashMap<>();
        Slices.each(context.loop(), request.topics(),
                topic -> 1 + topic.configs().size() + topic.assignments().size(),
                topic -> judge(topic, results, wished),
                () -> create(request, results, wished, context));
    }

    private void judge(
            CreatableTopic topic, Map<String, CreatableTopicResult> results, Map<String, NewTopic> wished) {
        String name = topic.name();
        if (wished.remove(name) != null || results.containsKey(name)) {
            results.put(name, refused(name, ErrorCode.INVALID_REQUEST, "The topic is named twice."));
            return;
        }
        if (InternalTopics.isInternal(name)) {
            // The coordinators' topics have one right form; whoever creates one gets that.
            wished.put(name, new TopicCreation(node).standard(name));
            return;
        }
        Refusal refusal = layoutProblem(topic);
        if (refusal != null) {
            results.put(name, refused(name, refusal.error(), refusal.message()));
        } else {
            wished.put(name, new NewTopic(name, partitions(topic), replicas(topic), config(topic)));
        }
    }

    private void create(
            CreateTopicsRequest request,
            SequencedMap<String, CreatableTopicResult> results,
            SequencedMap<String, NewTopic> wished,
            RequestContext context) {
        String tooMany = ControllerCore.tooManyPartitions(wished.values());
        if (tooMany != null) {
            wished.keySet().forEach(name -> results.put(name, refused(name, ErrorCode.POLICY_VIOLATION, tooMany)));
            wished.clear();
        }
        long deadlineMs = context.deadlineMs(request.timeoutMs());
        List<TopicOutcome> outcomes = new ArrayList<>();
        Slices.inTurn(context.loop(), Slices.chunks(List.copyOf(wished.values()), TOPICS_AT_ONCE),
                _ -> Slices.COST_PER_TURN,
                (some, next) -> node.metadata().propose(
                        new CreateTopics(some, request.validateOnly()), deadlineMs, context.loop(), proposed -> {
                            switch (proposed) {
                                case Committed<List<TopicOutcome>> c -> outcomes.addAll(c.result());
                                case NotCommitted<List<TopicOutcome>> u -> some.forEach(topic ->
                                        results.put(topic.name(), refused(
                                                topic.name(), u.error(), u.reason())));
                            }
                            next.run();
                        }),
                () -> context.afford((long) outcomes.size() * SETTINGS, () -> answer(outcomes, results, context)));
    }

    private void answer(
            List<TopicOutcome> outcomes, Map<String, CreatableTopicResult> results, RequestContext context) {
        Slices.each(context.loop(), outcomes, _ -> SETTINGS,
                outcome -> results.put(outcome.asked().name(), result(outcome)),
                () -> context.reply(CreateTopicsResponse.builder().topics(List.copyOf(results.values())).build()));
    }

    private record Refusal(ErrorCode error, String message) {}

    private @Nullable Refusal layoutProblem(CreatableTopic topic) {
        if (topic.assignments().isEmpty()) {
            return null;
        }
        if (topic.numPartitions() != -1 || topic.replicationFactor() != -1) {
            return new Refusal(ErrorCode.INVALID_REQUEST,
                    "A topic with replica assignments must leave partitions and replication factor at -1.");
        }
        boolean[] seen = new boolean[topic.assignments().size()];
        for (CreatableReplicaAssignment assignment : topic.assignments()) {
            int index = assignment.partitionIndex();
            if (index < 0 || index >= seen.length || seen[index]) {
                return new Refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                        "The partitions of the assignment are not 0 to " + (seen.length - 1) + ", each once.");
            }
            seen[index] = true;
        }
        return null;
    }

    private int partitions(CreatableTopic topic) {
        if (!topic.assignments().isEmpty()) {
            return topic.assignments().size();
        }
        return topic.numPartitions() == -1 ? node.config().count("num.partitions") : topic.numPartitions();
    }

    private Replicas replicas(CreatableTopic topic) {
        if (topic.assignments().isEmpty()) {
            return new Replicas.Factor(
                    topic.replicationFactor() == -1 ? node.defaultFactor() : topic.replicationFactor());
        }
        return new Replicas.Assigned(topic.assignments().stream()
                .sorted(Comparator.comparingInt(CreatableReplicaAssignment::partitionIndex))
                .map(CreatableReplicaAssignment::brokerIds).toList());
    }

    private static SortedMap<String, String> config(CreatableTopic topic) {
        TreeMap<String, String> config = new TreeMap<>();
        topic.configs().forEach(c -> {
            if (c.value() != null) {
                config.put(c.name(), c.value());
            }
        });
        return config;
    }

    private CreatableTopicResult result(TopicOutcome outcome) {
        if (outcome.error() != ErrorCode.NONE) {
            String name = requireNonNull(outcome.asked().name(), "a topic is created by its name");
            return refused(name, outcome.error(), outcome.message());
        }
        TopicImage topic = requireNonNull(outcome.topic(), "a topic that was created, or could be");
        TopicConfig config = node.config(topic);
        List<CreatableTopicConfigs> configs = new ArrayList<>();
        for (TopicConfig.Setting setting : TopicConfig.all()) {
            configs.add(new CreatableTopicConfigs(
                    setting.name(), config.value(setting), false,
                    ConfigSource.of(config, setting, node.settings()).wire(), false));
        }
        return CreatableTopicResult.builder()
                .name(topic.name())
                .topicId(topic.id())
                .errorMessage(null)
                .numPartitions(topic.partitions())
                .replicationFactor(Directory.replicationFactor(topic))
                .configs(configs)
                .build();
    }

    private static CreatableTopicResult refused(String name, ErrorCode error, @Nullable String message) {
        return CreatableTopicResult.builder()
                .name(name)
                .errorCode(error.code())
                .errorMessage(message)
                .configs(List.of())
                .build();
    }
}
