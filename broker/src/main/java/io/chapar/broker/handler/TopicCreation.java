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
        node.metadata().propose(new CreateTopics(topics, false), caller, proposed -> {
            Map<String, ErrorCode> failed = new TreeMap<>();
            switch (proposed) {
                case Committed<List<TopicOutcome>> c -> {
                    for (TopicOutcome outcome : c.result()) {
                        ErrorCode error = outcome.error();
                        if (error != ErrorCode.NONE && error != ErrorCode.TOPIC_ALREADY_EXISTS) {
                            failed.put(outcome.asked().name(), error);
                        }
                    }
                }
                case NotCommitted<List<TopicOutcome>> u ->
                    topics.forEach(t -> failed.put(t.name(), u.error()));
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
        String prefix = name.equals(CoordinatorKeys.TRANSACTION_STATE) ? "transaction.state.log." : "offsets.topic.";
        int replicas = node.factor(node.config().count(prefix + "replication.factor"));
        return new NewTopic(name, node.config().count(prefix + "num.partitions"), new Replicas.Factor(replicas),
                TopicConfig.forInternalTopic(replicas));
    }
}
