package io.chapar.broker.group.share;

import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.share.ShareGroupRecord.EpochForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.EpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.MemberForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.MemberSet;
import io.chapar.broker.group.share.ShareGroupRecord.StandingForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.StandingSet;
import io.chapar.broker.group.share.ShareGroupRecord.TargetEpochForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.TargetEpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.TargetForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.TargetSet;
import io.chapar.broker.group.share.ShareGroupRecord.TopicsForgotten;
import io.chapar.broker.group.share.ShareGroupRecord.TopicsSet;
import io.chapar.protocol.Prefixed;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.coordinator.ShareGroupCurrentMemberAssignmentKey;
import io.chapar.protocol.coordinator.ShareGroupCurrentMemberAssignmentValue;
import io.chapar.protocol.coordinator.ShareGroupMemberMetadataKey;
import io.chapar.protocol.coordinator.ShareGroupMemberMetadataValue;
import io.chapar.protocol.coordinator.ShareGroupMetadataKey;
import io.chapar.protocol.coordinator.ShareGroupMetadataValue;
import io.chapar.protocol.coordinator.ShareGroupStatePartitionMetadataKey;
import io.chapar.protocol.coordinator.ShareGroupStatePartitionMetadataValue;
import io.chapar.protocol.coordinator.ShareGroupStatePartitionMetadataValue.TopicPartitionsInfo;
import io.chapar.protocol.coordinator.ShareGroupTargetAssignmentMemberKey;
import io.chapar.protocol.coordinator.ShareGroupTargetAssignmentMemberValue;
import io.chapar.protocol.coordinator.ShareGroupTargetAssignmentMetadataKey;
import io.chapar.protocol.coordinator.ShareGroupTargetAssignmentMetadataValue;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// The bytes of a [ShareGroupRecord], in Kafka's own form: key and value each begin with an i16, the key with its type
/// (10 to 15), the value with its version, which is 0 in all of them.
public final class ShareGroupRecordCodec {
    private static final short VERSION = 0;
    /// Of members, which are always where they are to be.
    private static final byte STABLE = 0;

    private ShareGroupRecordCodec() {}

    // ---- write

    public static ByteBuffer key(ShareGroupRecord record) {
        String group = record.groupId();
        return switch (record) {
            case EpochSet _, EpochForgotten _ ->
                Prefixed.key(ShareGroupMetadataKey.RECORD_TYPE, new ShareGroupMetadataKey(group));
            case MemberSet r -> memberKey(group, r.member().id());
            case MemberForgotten r -> memberKey(group, r.memberId());
            case TargetEpochSet _, TargetEpochForgotten _ -> Prefixed.key(
                    ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                    new ShareGroupTargetAssignmentMetadataKey(group));
            case TargetSet r -> targetKey(group, r.memberId());
            case TargetForgotten r -> targetKey(group, r.memberId());
            case StandingSet r -> standingKey(group, r.memberId());
            case StandingForgotten r -> standingKey(group, r.memberId());
            case TopicsSet _, TopicsForgotten _ -> Prefixed.key(
                    ShareGroupStatePartitionMetadataKey.RECORD_TYPE, new ShareGroupStatePartitionMetadataKey(group));
        };
    }

    private static ByteBuffer memberKey(String group, String member) {
        return Prefixed.key(ShareGroupMemberMetadataKey.RECORD_TYPE, new ShareGroupMemberMetadataKey(group, member));
    }

    private static ByteBuffer targetKey(String group, String member) {
        return Prefixed.key(ShareGroupTargetAssignmentMemberKey.RECORD_TYPE,
                new ShareGroupTargetAssignmentMemberKey(group, member));
    }

    private static ByteBuffer standingKey(String group, String member) {
        return Prefixed.key(ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                new ShareGroupCurrentMemberAssignmentKey(group, member));
    }

    /// Null for a tombstone.
    public static @Nullable ByteBuffer value(ShareGroupRecord record) {
        return switch (record) {
            case EpochSet r -> Prefixed.value(VERSION, new ShareGroupMetadataValue(r.epoch(), r.metadataHash()));
            case MemberSet r -> Prefixed.value(VERSION, new ShareGroupMemberMetadataValue(
                    r.member().rackId(), r.member().clientId(), r.member().clientHost(),
                    List.copyOf(r.member().topics())));
            case TargetEpochSet r ->
                Prefixed.value(VERSION, new ShareGroupTargetAssignmentMetadataValue(r.epoch(), r.atMs()));
            case TargetSet r -> Prefixed.value(VERSION, new ShareGroupTargetAssignmentMemberValue(
                    r.target().perTopic(ShareGroupTargetAssignmentMemberValue.TopicPartition::new)));
            case StandingSet r -> Prefixed.value(VERSION, new ShareGroupCurrentMemberAssignmentValue(
                    r.standing().epoch(), r.standing().previousEpoch(), STABLE, r.standing().assigned().perTopic(
                            ShareGroupCurrentMemberAssignmentValue.TopicPartitions::new)));
            case TopicsSet r -> Prefixed.value(VERSION, new ShareGroupStatePartitionMetadataValue(
                    List.of(), r.topics().partitions().perTopic((topic, partitions) -> new TopicPartitionsInfo(
                            topic, r.topics().names().getOrDefault(topic, ""), partitions)), List.of()));
            case EpochForgotten _, MemberForgotten _, TargetEpochForgotten _, TargetForgotten _, StandingForgotten _,
                    TopicsForgotten _ -> null;
        };
    }

    // ---- read

    /// Null for a record of another kind.
    ///
    /// @param type of the key
    /// @param key what follows the type
    /// @param value null for a tombstone
    public static @Nullable ShareGroupRecord read(short type, WireReader key, @Nullable ByteBuffer value) {
        return switch (type) {
            case ShareGroupMetadataKey.RECORD_TYPE -> {
                String group = ShareGroupMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new EpochForgotten(group) : epoch(group, value);
            }
            case ShareGroupMemberMetadataKey.RECORD_TYPE -> {
                ShareGroupMemberMetadataKey name = ShareGroupMemberMetadataKey.read(key, VERSION);
                yield value == null ? new MemberForgotten(name.groupId(), name.memberId())
                        : new MemberSet(name.groupId(), member(name.memberId(), value));
            }
            case ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE -> {
                String group = ShareGroupTargetAssignmentMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new TargetEpochForgotten(group) : targetEpoch(group, value);
            }
            case ShareGroupTargetAssignmentMemberKey.RECORD_TYPE -> {
                ShareGroupTargetAssignmentMemberKey name = ShareGroupTargetAssignmentMemberKey.read(key, VERSION);
                yield value == null ? new TargetForgotten(name.groupId(), name.memberId())
                        : new TargetSet(name.groupId(), name.memberId(), target(value));
            }
            case ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE -> {
                ShareGroupCurrentMemberAssignmentKey name = ShareGroupCurrentMemberAssignmentKey.read(key, VERSION);
                yield value == null ? new StandingForgotten(name.groupId(), name.memberId())
                        : new StandingSet(name.groupId(), name.memberId(), standing(value));
            }
            case ShareGroupStatePartitionMetadataKey.RECORD_TYPE -> {
                String group = ShareGroupStatePartitionMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new TopicsForgotten(group) : new TopicsSet(group, topics(value));
            }
            default -> null;
        };
    }

    private static EpochSet epoch(String group, ByteBuffer bytes) {
        ShareGroupMetadataValue value = Prefixed.read(bytes, VERSION, ShareGroupMetadataValue::read);
        return new EpochSet(group, value.epoch(), value.metadataHash());
    }

    private static ShareMember member(String id, ByteBuffer bytes) {
        ShareGroupMemberMetadataValue value = Prefixed.read(bytes, VERSION, ShareGroupMemberMetadataValue::read);
        return new ShareMember(id, value.rackId(), value.clientId(), value.clientHost(),
                new TreeSet<>(value.subscribedTopicNames()));
    }

    private static TargetEpochSet targetEpoch(String group, ByteBuffer bytes) {
        ShareGroupTargetAssignmentMetadataValue value =
                Prefixed.read(bytes, VERSION, ShareGroupTargetAssignmentMetadataValue::read);
        return new TargetEpochSet(group, value.assignmentEpoch(), value.assignmentTimestamp());
    }

    private static PartitionSet target(ByteBuffer bytes) {
        PartitionSet.Builder all = new PartitionSet.Builder();
        Prefixed.read(bytes, VERSION, ShareGroupTargetAssignmentMemberValue::read).topicPartitions()
                .forEach(topic -> all.addLogged(topic.topicId(), topic.partitions()));
        return all.build();
    }

    private static ShareStanding standing(ByteBuffer bytes) {
        ShareGroupCurrentMemberAssignmentValue value =
                Prefixed.read(bytes, VERSION, ShareGroupCurrentMemberAssignmentValue::read);
        PartitionSet.Builder all = new PartitionSet.Builder();
        value.assignedPartitions().forEach(one -> all.addLogged(one.topicId(), one.partitions()));
        return new ShareStanding(value.memberEpoch(), value.previousMemberEpoch(), all.build());
    }

    /// What was being begun when it was written is begun anew.
    private static ShareTopics topics(ByteBuffer bytes) {
        PartitionSet.Builder all = new PartitionSet.Builder();
        TreeMap<UUID, String> names = new TreeMap<>();
        Prefixed.read(bytes, VERSION, ShareGroupStatePartitionMetadataValue::read).initializedTopics().forEach(one -> {
            names.put(one.topicId(), one.topicName());
            all.addLogged(one.topicId(), one.partitions());
        });
        return new ShareTopics(names, all.build());
    }
}
