package io.chapar.broker.group.consumer;

import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.EpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.MemberSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.PartitionMetadataForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.RegexSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.StandingSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetEpochForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetEpochSet;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetForgotten;
import io.chapar.broker.group.consumer.ConsumerGroupRecord.TargetSet;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicProtocol;
import io.chapar.broker.group.consumer.ConsumerMember.ClassicSide;
import io.chapar.broker.group.consumer.Standing.Phase;
import io.chapar.protocol.Prefixed;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.coordinator.ConsumerGroupCurrentMemberAssignmentKey;
import io.chapar.protocol.coordinator.ConsumerGroupCurrentMemberAssignmentValue;
import io.chapar.protocol.coordinator.ConsumerGroupMemberMetadataKey;
import io.chapar.protocol.coordinator.ConsumerGroupMemberMetadataValue;
import io.chapar.protocol.coordinator.ConsumerGroupMemberMetadataValue.ClassicMemberMetadata;
import io.chapar.protocol.coordinator.ConsumerGroupMetadataKey;
import io.chapar.protocol.coordinator.ConsumerGroupMetadataValue;
import io.chapar.protocol.coordinator.ConsumerGroupPartitionMetadataKey;
import io.chapar.protocol.coordinator.ConsumerGroupRegularExpressionKey;
import io.chapar.protocol.coordinator.ConsumerGroupRegularExpressionValue;
import io.chapar.protocol.coordinator.ConsumerGroupTargetAssignmentMemberKey;
import io.chapar.protocol.coordinator.ConsumerGroupTargetAssignmentMemberValue;
import io.chapar.protocol.coordinator.ConsumerGroupTargetAssignmentMemberValue.TopicPartition;
import io.chapar.protocol.coordinator.ConsumerGroupTargetAssignmentMetadataKey;
import io.chapar.protocol.coordinator.ConsumerGroupTargetAssignmentMetadataValue;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// The bytes of a [ConsumerGroupRecord], in Kafka's own form: key and value each begin with an i16, the key with its
/// type (3, 5, 6, 7, 8, 16; 4 is of old), the value with its version, which is 0 in all of them.
public final class ConsumerGroupRecordCodec {
    private static final short VERSION = 0;

    private ConsumerGroupRecordCodec() {}

    // ---- write

    public static ByteBuffer key(ConsumerGroupRecord record) {
        String group = record.groupId();
        return switch (record) {
            case EpochSet _, EpochForgotten _ ->
                Prefixed.key(ConsumerGroupMetadataKey.RECORD_TYPE, new ConsumerGroupMetadataKey(group));
            case PartitionMetadataForgotten _ -> Prefixed.key(
                    ConsumerGroupPartitionMetadataKey.RECORD_TYPE, new ConsumerGroupPartitionMetadataKey(group));
            case MemberSet r -> memberKey(group, r.member().id());
            case MemberForgotten r -> memberKey(group, r.memberId());
            case TargetEpochSet _, TargetEpochForgotten _ -> Prefixed.key(
                    ConsumerGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                    new ConsumerGroupTargetAssignmentMetadataKey(group));
            case TargetSet r -> targetKey(group, r.memberId());
            case TargetForgotten r -> targetKey(group, r.memberId());
            case StandingSet r -> standingKey(group, r.memberId());
            case StandingForgotten r -> standingKey(group, r.memberId());
            case RegexSet r -> regexKey(group, r.regex());
            case RegexForgotten r -> regexKey(group, r.regex());
        };
    }

    private static ByteBuffer memberKey(String group, String member) {
        return Prefixed.key(
                ConsumerGroupMemberMetadataKey.RECORD_TYPE, new ConsumerGroupMemberMetadataKey(group, member));
    }

    private static ByteBuffer targetKey(String group, String member) {
        return Prefixed.key(ConsumerGroupTargetAssignmentMemberKey.RECORD_TYPE,
                new ConsumerGroupTargetAssignmentMemberKey(group, member));
    }

    private static ByteBuffer standingKey(String group, String member) {
        return Prefixed.key(ConsumerGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                new ConsumerGroupCurrentMemberAssignmentKey(group, member));
    }

    private static ByteBuffer regexKey(String group, String regex) {
        return Prefixed.key(ConsumerGroupRegularExpressionKey.RECORD_TYPE,
                new ConsumerGroupRegularExpressionKey(group, regex));
    }

    /// Null for a tombstone.
    public static @Nullable ByteBuffer value(ConsumerGroupRecord record) {
        return switch (record) {
            case EpochSet r -> Prefixed.value(VERSION, new ConsumerGroupMetadataValue(r.epoch(), r.metadataHash()));
            case MemberSet r -> Prefixed.value(VERSION, memberValue(r.member()));
            case TargetEpochSet r ->
                Prefixed.value(VERSION, new ConsumerGroupTargetAssignmentMetadataValue(r.epoch(), r.atMs()));
            case TargetSet r -> Prefixed.value(VERSION, new ConsumerGroupTargetAssignmentMemberValue(
                    r.target().perTopic(TopicPartition::new)));
            case StandingSet r -> Prefixed.value(VERSION, standingValue(r.standing()));
            case RegexSet r -> Prefixed.value(VERSION, new ConsumerGroupRegularExpressionValue(
                    List.copyOf(r.topics()), r.version(), r.atMs()));
            case EpochForgotten _, PartitionMetadataForgotten _, MemberForgotten _, TargetEpochForgotten _,
                    TargetForgotten _, StandingForgotten _, RegexForgotten _ -> null;
        };
    }

    private static ConsumerGroupMemberMetadataValue memberValue(ConsumerMember member) {
        ClassicSide classic = member.classic();
        return new ConsumerGroupMemberMetadataValue(
                member.instanceId(),
                member.rackId(),
                member.clientId(),
                member.clientHost(),
                List.copyOf(member.subscription().names()),
                member.subscription().regex(),
                member.rebalanceTimeoutMs(),
                member.assignor(),
                classic == null ? null : new ClassicMemberMetadata(
                        classic.sessionTimeoutMs(),
                        classic.protocols().stream()
                                .map(one -> new ConsumerGroupMemberMetadataValue.ClassicProtocol(
                                        one.name(), one.metadata().duplicate()))
                                .toList()));
    }

    private static ConsumerGroupCurrentMemberAssignmentValue standingValue(Standing standing) {
        return new ConsumerGroupCurrentMemberAssignmentValue(
                standing.epoch(),
                standing.previousEpoch(),
                standing.phase().code(),
                held(standing.assigned()),
                held(standing.revoking()));
    }

    private static List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> held(HeldPartitions held) {
        List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> topics = new ArrayList<>();
        held.byTopic().forEach((topic, epochs) ->
                topics.add(new ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions(
                        topic, List.copyOf(epochs.keySet()), List.copyOf(epochs.values()))));
        return topics;
    }

    // ---- read

    /// Null for a record of another kind.
    ///
    /// @param type of the key
    /// @param key what follows the type
    /// @param value null for a tombstone
    public static @Nullable ConsumerGroupRecord read(short type, WireReader key, @Nullable ByteBuffer value) {
        return switch (type) {
            case ConsumerGroupMetadataKey.RECORD_TYPE -> {
                String group = ConsumerGroupMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new EpochForgotten(group) : epoch(group, value);
            }
            case ConsumerGroupMemberMetadataKey.RECORD_TYPE -> {
                ConsumerGroupMemberMetadataKey name = ConsumerGroupMemberMetadataKey.read(key, VERSION);
                yield value == null
                        ? new MemberForgotten(name.groupId(), name.memberId())
                        : new MemberSet(name.groupId(), member(name.memberId(), value));
            }
            case ConsumerGroupTargetAssignmentMetadataKey.RECORD_TYPE -> {
                String group = ConsumerGroupTargetAssignmentMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new TargetEpochForgotten(group) : targetEpoch(group, value);
            }
            case ConsumerGroupTargetAssignmentMemberKey.RECORD_TYPE -> {
                ConsumerGroupTargetAssignmentMemberKey name = ConsumerGroupTargetAssignmentMemberKey.read(key, VERSION);
                yield value == null
                        ? new TargetForgotten(name.groupId(), name.memberId())
                        : new TargetSet(name.groupId(), name.memberId(), target(value));
            }
            case ConsumerGroupCurrentMemberAssignmentKey.RECORD_TYPE -> {
                ConsumerGroupCurrentMemberAssignmentKey name =
                        ConsumerGroupCurrentMemberAssignmentKey.read(key, VERSION);
                yield value == null
                        ? new StandingForgotten(name.groupId(), name.memberId())
                        : new StandingSet(name.groupId(), name.memberId(), standing(value));
            }
            case ConsumerGroupRegularExpressionKey.RECORD_TYPE -> {
                ConsumerGroupRegularExpressionKey name = ConsumerGroupRegularExpressionKey.read(key, VERSION);
                yield value == null
                        ? new RegexForgotten(name.groupId(), name.regularExpression())
                        : regex(name, value);
            }
            default -> null;
        };
    }

    private static EpochSet epoch(String group, ByteBuffer bytes) {
        ConsumerGroupMetadataValue value = Prefixed.read(bytes, VERSION, ConsumerGroupMetadataValue::read);
        return new EpochSet(group, value.epoch(), value.metadataHash());
    }

    private static TargetEpochSet targetEpoch(String group, ByteBuffer bytes) {
        ConsumerGroupTargetAssignmentMetadataValue value =
                Prefixed.read(bytes, VERSION, ConsumerGroupTargetAssignmentMetadataValue::read);
        return new TargetEpochSet(group, value.assignmentEpoch(), value.assignmentTimestamp());
    }

    private static RegexSet regex(ConsumerGroupRegularExpressionKey name, ByteBuffer bytes) {
        ConsumerGroupRegularExpressionValue value =
                Prefixed.read(bytes, VERSION, ConsumerGroupRegularExpressionValue::read);
        return new RegexSet(name.groupId(), name.regularExpression(), new TreeSet<>(value.topics()), value.version_(),
                value.timestamp());
    }

    private static ConsumerMember member(String memberId, ByteBuffer bytes) {
        ConsumerGroupMemberMetadataValue value = Prefixed.read(bytes, VERSION, ConsumerGroupMemberMetadataValue::read);
        ClassicMemberMetadata classic = value.classicMemberMetadata();
        return new ConsumerMember(
                memberId,
                value.instanceId(),
                value.rackId(),
                value.clientId(),
                value.clientHost(),
                new Subscription(new TreeSet<>(value.subscribedTopicNames()), value.subscribedTopicRegex()),
                value.rebalanceTimeoutMs(),
                value.serverAssignor(),
                classic == null ? null : new ClassicSide(
                        classic.sessionTimeoutMs(),
                        classic.supportedProtocols().stream()
                                .map(one -> new ClassicProtocol(one.name(), copy(one.metadata()))).toList()));
    }

    private static ByteBuffer copy(ByteBuffer from) {
        return ByteBuffer.allocate(from.remaining()).put(from.duplicate()).flip().asReadOnlyBuffer();
    }

    private static PartitionSet target(ByteBuffer bytes) {
        PartitionSet.Builder all = new PartitionSet.Builder();
        Prefixed.read(bytes, VERSION, ConsumerGroupTargetAssignmentMemberValue::read).topicPartitions()
                .forEach(topic -> all.addLogged(topic.topicId(), topic.partitions()));
        return all.build();
    }

    private static Standing standing(ByteBuffer bytes) {
        ConsumerGroupCurrentMemberAssignmentValue value =
                Prefixed.read(bytes, VERSION, ConsumerGroupCurrentMemberAssignmentValue::read);
        return new Standing(
                value.memberEpoch(),
                value.previousMemberEpoch(),
                Phase.of(value.state()),
                held(value.assignedPartitions(), value.memberEpoch()),
                held(value.partitionsPendingRevocation(), value.memberEpoch()));
    }

    /// Without epochs, as in records of before, a partition counts as got in the member's epoch.
    private static HeldPartitions held(
            List<ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions> topics, int memberEpoch) {
        HeldPartitions.Builder all = new HeldPartitions.Builder();
        for (ConsumerGroupCurrentMemberAssignmentValue.TopicPartitions topic : topics) {
            List<Integer> epochs = topic.assignmentEpochs();
            for (int i = 0; i < topic.partitions().size(); i++) {
                int since = epochs == null || i >= epochs.size() ? memberEpoch : epochs.get(i);
                all.add(topic.topicId(), PartitionSet.logged(topic.partitions().get(i)), since);
            }
        }
        return all.build();
    }
}
