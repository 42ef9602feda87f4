package io.chapar.broker.handler;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Brings topics into being that somebody asked for by using them.
public final class TopicCreation {
    private final LocalBroker node;

    public TopicCreation(LocalBroker node) {
        this.node = node;
    }

    /// Creates those that do not exist. `done` runs on the caller's loop with the error of every name that still does
    /// not exist afterwards.
    void create(Collection<String> names, Loop caller, Consumer<Map<String, ErrorCode>> done) {
        List<NewTopic> topics = new ArrayList<>();
        for (String name : names) {
            if (node.image().topic(name) == null) {
                topics.add(standard(name));
            }
        }
        if (topics.isEmpty()) {
            done.accept(Map.of());
            return;
        }
        propose(topics, caller, failed -> {
            Map<String, ErrorCode> errors = new TreeMap<>();
            failed.forEach((name, failure) -> errors.put(name, failure.error()));
            done.accept(errors);
        });
    }

    /// @param message for people; null when the error says it all
    record Failure(ErrorCode error, @Nullable String message) {}

    /// `done` runs on the caller's loop with why those do not exist that still do not.
    void propose(List<NewTopic> topics, Loop caller, Consumer<Map<String, Failure>> done) {
        node.metadata().propose(new CreateTopics(topics, false), caller, proposed -> {
            Map<String, Failure> failed = new TreeMap<>();
            switch (proposed) {
                case Committed<List<TopicOutcome>> c -> {
                    for (TopicOutcome outcome : c.result()) {
                        ErrorCode error = outcome.error();
                        String name = outcome.asked().name();
                        if (name != null && error != ErrorCode.NONE && error != ErrorCode.TOPIC_ALREADY_EXISTS) {
                            failed.put(name, new Failure(error, outcome.message()));
                        }
                    }
                }
                case NotCommitted<List<TopicOutcome>> u ->
                    topics.forEach(t -> failed.put(t.name(), new Failure(u.error(), u.reason())));
            }
            done.accept(failed);
        });
    }

    /// The topic with this broker's defaults, or with what the coordinators need.
    NewTopic standard(String name) {
        if (!InternalTopics.isInternal(name)) {
            return new NewTopic(name, node.config().count("num.partitions"),
                    new Replicas.Factor(node.defaultFactor()), new TreeMap<>());
        }
        String prefix = switch (name) {
            case CoordinatorKeys.TRANSACTION_STATE -> "transaction.state.log.";
            case CoordinatorKeys.SHARE_STATE -> "share.coordinator.state.topic.";
            default -> "offsets.topic.";
        };
        int replicas = node.factor(node.config().count(prefix + "replication.factor"));
        return new NewTopic(name, node.config().count(prefix + "num.partitions"), new Replicas.Factor(replicas),
                name.equals(CoordinatorKeys.SHARE_STATE)
                        ? TopicConfig.forShareState(replicas) : TopicConfig.forInternalTopic(replicas));
    }
}
