package io.chapar.broker.metadata;

import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/// Other leaders for partitions that could be led better, or that nobody leads. Pure functions of the image.
public final class LeaderElections {
    private final TopicRules rules;

    LeaderElections(TopicRules rules) {
        this.rules = rules;
    }

    /// Which partitions the first replica could take over.
    ///
    /// @param ready brokers that may be given more
    /// @param most of the result
    public static List<TopicPartition> due(ClusterImage image, IntPredicate ready, int most) {
        List<TopicPartition> due = new ArrayList<>();
        for (TopicImage topic : image.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage partition = topic.partition(i);
                int first = partition.replicas().getFirst();
                if (partition.leader() != first && partition.isr().contains(first) && ready.test(first)) {
                    if (due.size() == most) {
                        return due;
                    }
                    due.add(new TopicPartition(topic.name(), i));
                }
            }
        }
        return due;
    }

    /// Whether there is nothing to elect.
    public static boolean isNotNeeded(ElectionKind kind, PartitionImage partition) {
        return switch (kind) {
            case PREFERRED -> partition.leader() == partition.replicas().getFirst();
            case UNCLEAN -> partition.leader() != PartitionImage.NO_LEADER;
        };
    }

    Decision<List<ErrorCode>> decide(ElectLeaders command, ClusterImage image) {
        List<ErrorCode> outcomes = new ArrayList<>();
        PartitionChanges changes = new PartitionChanges();
        for (TopicPartition asked : command.partitions()) {
            TopicImage topic = image.topic(asked.topic());
            if (topic == null || !topic.hasPartition(asked.partition())) {
                outcomes.add(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
                continue;
            }
            PartitionImage was = changes.get(topic, asked.partition());
            PartitionImage is = elected(command.kind(), was, topic, image);
            outcomes.add(outcome(command.kind(), was, is));
            changes.put(topic, asked.partition(), is);
        }
        return new Decision<>(changes.records(), outcomes);
    }

    private PartitionImage elected(ElectionKind kind, PartitionImage was, TopicImage topic, ClusterImage image) {
        Election election = new Election(image::isActive, rules.minIsr(topic.config(), image.settings()), true);
        return switch (kind) {
            case PREFERRED -> election.preferred(was);
            case UNCLEAN -> election.unfenced(was);
        };
    }

    private static ErrorCode outcome(ElectionKind kind, PartitionImage was, PartitionImage is) {
        if (isNotNeeded(kind, was)) {
            return ErrorCode.ELECTION_NOT_NEEDED;
        }
        if (is.leader() != was.leader()) {
            return ErrorCode.NONE;
        }
        return switch (kind) {
            case PREFERRED -> ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE;
            case UNCLEAN -> ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE;
        };
    }
}
