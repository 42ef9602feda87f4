package io.chapar.broker.metadata;

import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrOutcome;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What leaders wish about who is in sync with them: compare-and-set on the leader's and the partition's epoch, as
/// Kafka's AlterPartition. Pure functions of the image.
final class IsrChanges {
    private final TopicRules rules;

    IsrChanges(TopicRules rules) {
        this.rules = rules;
    }

    Decision<List<IsrOutcome>> decide(ChangeIsr command, ClusterImage image) {
        List<IsrOutcome> outcomes = new ArrayList<>();
        PartitionChanges changes = new PartitionChanges();
        BrokerImage leader = image.brokers().get(command.leader());
        ErrorCode stale = leader != null && leader.epoch() == command.leaderLife() && leader.isActive()
                ? ErrorCode.NONE : ErrorCode.STALE_BROKER_EPOCH;
        for (IsrWish wish : command.wishes()) {
            ErrorCode refusal = stale != ErrorCode.NONE ? stale : refusal(wish, command.leader(), image);
            TopicImage topic = image.topic(wish.topicId());
            if (topic == null || refusal != ErrorCode.NONE) {
                outcomes.add(new IsrOutcome(refusal, null));
                continue;
            }
            PartitionImage was = changes.get(topic, wish.partition());
            if (was.partitionEpoch() != wish.partitionEpoch()) {
                outcomes.add(new IsrOutcome(ErrorCode.INVALID_UPDATE_VERSION, null));
                continue;
            }
            int minIsr = rules.minIsr(topic.config(), image.settings());
            Election election = new Election(image::isActive, minIsr, false);
            PartitionImage inSync = election.inSync(
                    was, wish.isr().stream().map(InSync::node).toList(), wish.recovering());
            PartitionImage is = new Assignment(election, minIsr).completed(inSync);
            changes.put(topic, wish.partition(), is);
            outcomes.add(new IsrOutcome(ErrorCode.NONE, is));
        }
        return new Decision<>(changes.records(), outcomes);
    }

    private static ErrorCode refusal(IsrWish wish, int leader, ClusterImage image) {
        TopicImage topic = image.topic(wish.topicId());
        if (topic == null) {
            return ErrorCode.UNKNOWN_TOPIC_ID;
        }
        if (!topic.hasPartition(wish.partition())) {
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        }
        PartitionImage known = topic.partition(wish.partition());
        // A later epoch than this image has was told by an image that this decider has not: it does not decide.
        if (wish.leaderEpoch() > known.leaderEpoch() || wish.partitionEpoch() > known.partitionEpoch()) {
            return ErrorCode.NOT_CONTROLLER;
        }
        if (wish.leaderEpoch() < known.leaderEpoch()) {
            return ErrorCode.FENCED_LEADER_EPOCH;
        }
        if (known.leader() != leader) {
            return ErrorCode.INVALID_REQUEST;
        }
        if (wish.partitionEpoch() < known.partitionEpoch()) {
            return ErrorCode.INVALID_UPDATE_VERSION;
        }
        return membersRefusal(wish, leader, known, image);
    }

    private static ErrorCode membersRefusal(IsrWish wish, int leader, PartitionImage known, ClusterImage image) {
        Set<Integer> nodes = new LinkedHashSet<>();
        wish.isr().forEach(member -> nodes.add(member.node()));
        boolean makesSense = nodes.size() == wish.isr().size() && nodes.contains(leader)
                && known.replicas().containsAll(nodes)
                && !(wish.recovering() && nodes.size() > 1)
                && !(wish.recovering() && !known.recovering());
        if (!makesSense) {
            return ErrorCode.INVALID_REQUEST;
        }
        for (InSync member : wish.isr()) {
            BrokerImage broker = image.brokers().get(member.node());
            if (broker == null || !broker.isActive() || broker.epoch() != member.life()) {
                return ErrorCode.INELIGIBLE_REPLICA;
            }
        }
        return ErrorCode.NONE;
    }
}
