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
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Message;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// The bytes of a [ShareGroupRecord], in Kafka's own form: key and value each begin with an i16, the key with its type
/// (10 to 15), the value with its version, which is 0 in all of them.
public final class ShareGroupRecordCodec {
    private static final short VERSION = 0;
    /// More partitions no topic has; a number beyond is no number of a partition.
    private static final int MAX_PARTITION = 1 << 24;
    /// Of members, which are always where they are to be.
    private static final byte STABLE = 0;

    private ShareGroupRecordCodec() {}

    // ---- write

    public static ByteBuffer key(ShareGroupRecord record) {
        return switch (record) {
            case EpochSet r -> bytes(ShareGroupMetadataKey.RECORD_TYPE, new ShareGroupMetadataKey(r.groupId()));
            case EpochForgotten r -> bytes(ShareGroupMetadataKey.RECORD_TYPE, new ShareGroupMetadataKey(r.groupId()));
            case MemberSet r -> memberKey(r.groupId(), r.member().id());
            case MemberForgotten r -> memberKey(r.groupId(), r.memberId());
            case TargetEpochSet r -> targetEpochKey(r.groupId());
            case TargetEpochForgotten r -> targetEpochKey(r.groupId());
            case TargetSet r -> targetKey(r.groupId(), r.memberId());
            case TargetForgotten r -> targetKey(r.groupId(), r.memberId());
            case StandingSet r -> standingKey(r.groupId(), r.memberId());
            case StandingForgotten r -> standingKey(r.groupId(), r.memberId());
            case TopicsSet r -> topicsKey(r.groupId());
            case TopicsForgotten r -> topicsKey(r.groupId());
        };
    }

    private static ByteBuffer memberKey(String groupId, String memberId) {
        return bytes(ShareGroupMemberMetadataKey.RECORD_TYPE, new ShareGroupMemberMetadataKey(groupId, memberId));
    }

    private static ByteBuffer targetEpochKey(String groupId) {
        return bytes(ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE,
                new ShareGroupTargetAssignmentMetadataKey(groupId));
    }

    private static ByteBuffer targetKey(String groupId, String memberId) {
        return bytes(ShareGroupTargetAssignmentMemberKey.RECORD_TYPE,
                new ShareGroupTargetAssignmentMemberKey(groupId, memberId));
    }

    private static ByteBuffer standingKey(String groupId, String memberId) {
        return bytes(ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE,
                new ShareGroupCurrentMemberAssignmentKey(groupId, memberId));
    }

    private static ByteBuffer topicsKey(String groupId) {
        return bytes(ShareGroupStatePartitionMetadataKey.RECORD_TYPE,
                new ShareGroupStatePartitionMetadataKey(groupId));
    }

    /// Null for a tombstone.
    public static @Nullable ByteBuffer value(ShareGroupRecord record) {
        return switch (record) {
            case EpochSet r -> bytes(VERSION, new ShareGroupMetadataValue(r.epoch(), r.metadataHash()));
            case MemberSet r -> bytes(VERSION, new ShareGroupMemberMetadataValue(
                    r.member().rackId(), r.member().clientId(), r.member().clientHost(),
                    List.copyOf(r.member().topics())));
            case TargetEpochSet r -> bytes(VERSION, new ShareGroupTargetAssignmentMetadataValue(r.epoch(), r.atMs()));
            case TargetSet r -> bytes(VERSION, targetValue(r.target()));
            case StandingSet r -> bytes(VERSION, standingValue(r.standing()));
            case TopicsSet r -> bytes(VERSION, topicsValue(r.topics()));
            case EpochForgotten _, MemberForgotten _, TargetEpochForgotten _, TargetForgotten _, StandingForgotten _,
                    TopicsForgotten _ -> null;
        };
    }

    private static ShareGroupTargetAssignmentMemberValue targetValue(PartitionSet target) {
        List<ShareGroupTargetAssignmentMemberValue.TopicPartition> topics = new ArrayList<>();
        target.byTopic().forEach((topic, partitions) -> topics.add(
                new ShareGroupTargetAssignmentMemberValue.TopicPartition(topic, boxed(partitions))));
        return new ShareGroupTargetAssignmentMemberValue(topics);
    }

    private static ShareGroupCurrentMemberAssignmentValue standingValue(ShareStanding standing) {
        List<ShareGroupCurrentMemberAssignmentValue.TopicPartitions> topics = new ArrayList<>();
        standing.assigned().byTopic().forEach((topic, partitions) -> topics.add(
                new ShareGroupCurrentMemberAssignmentValue.TopicPartitions(topic, boxed(partitions))));
        return new ShareGroupCurrentMemberAssignmentValue(
                standing.epoch(), standing.previousEpoch(), STABLE, topics);
    }

    private static ShareGroupStatePartitionMetadataValue topicsValue(ShareTopics topics) {
        List<TopicPartitionsInfo> all = new ArrayList<>();
        topics.partitions().byTopic().forEach((topic, partitions) -> all.add(new TopicPartitionsInfo(
                topic, topics.names().getOrDefault(topic, ""), boxed(partitions))));
        return new ShareGroupStatePartitionMetadataValue(List.of(), all, List.of());
    }

    private static List<Integer> boxed(int[] partitions) {
        return Arrays.stream(partitions).boxed().toList();
    }

    private static ByteBuffer bytes(short prefix, Message message) {
        WireWriter out = new WireWriter();
        out.int16(prefix);
        message.write(out, VERSION);
        return out.toBuffer();
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
                yield value == null ? new EpochForgotten(group) : epoch(group, body(value));
            }
            case ShareGroupMemberMetadataKey.RECORD_TYPE -> {
                ShareGroupMemberMetadataKey name = ShareGroupMemberMetadataKey.read(key, VERSION);
                yield value == null ? new MemberForgotten(name.groupId(), name.memberId())
                        : new MemberSet(name.groupId(), member(name.memberId(), body(value)));
            }
            case ShareGroupTargetAssignmentMetadataKey.RECORD_TYPE -> {
                String group = ShareGroupTargetAssignmentMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new TargetEpochForgotten(group) : targetEpoch(group, body(value));
            }
            case ShareGroupTargetAssignmentMemberKey.RECORD_TYPE -> {
                ShareGroupTargetAssignmentMemberKey name = ShareGroupTargetAssignmentMemberKey.read(key, VERSION);
                yield value == null ? new TargetForgotten(name.groupId(), name.memberId())
                        : new TargetSet(name.groupId(), name.memberId(), target(body(value)));
            }
            case ShareGroupCurrentMemberAssignmentKey.RECORD_TYPE -> {
                ShareGroupCurrentMemberAssignmentKey name = ShareGroupCurrentMemberAssignmentKey.read(key, VERSION);
                yield value == null ? new StandingForgotten(name.groupId(), name.memberId())
                        : new StandingSet(name.groupId(), name.memberId(), standing(body(value)));
            }
            case ShareGroupStatePartitionMetadataKey.RECORD_TYPE -> {
                String group = ShareGroupStatePartitionMetadataKey.read(key, VERSION).groupId();
                yield value == null ? new TopicsForgotten(group) : new TopicsSet(group, topics(body(value)));
            }
            default -> null;
        };
    }

    private static EpochSet epoch(String group, WireReader body) {
        ShareGroupMetadataValue value = ShareGroupMetadataValue.read(body, VERSION);
        return new EpochSet(group, value.epoch(), value.metadataHash());
    }

    private static ShareMember member(String id, WireReader body) {
        ShareGroupMemberMetadataValue value = ShareGroupMemberMetadataValue.read(body, VERSION);
        return new ShareMember(id, value.rackId(), value.clientId(), value.clientHost(),
                new TreeSet<>(value.subscribedTopicNames()));
    }

    private static TargetEpochSet targetEpoch(String group, WireReader body) {
        ShareGroupTargetAssignmentMetadataValue value = ShareGroupTargetAssignmentMetadataValue.read(body, VERSION);
        return new TargetEpochSet(group, value.assignmentEpoch(), value.assignmentTimestamp());
    }

    private static PartitionSet target(WireReader body) {
        PartitionSet.Builder all = new PartitionSet.Builder();
        ShareGroupTargetAssignmentMemberValue.read(body, VERSION).topicPartitions().forEach(one ->
                add(all, one.topicId(), one.partitions()));
        return all.build();
    }

    private static ShareStanding standing(WireReader body) {
        ShareGroupCurrentMemberAssignmentValue value = ShareGroupCurrentMemberAssignmentValue.read(body, VERSION);
        PartitionSet.Builder all = new PartitionSet.Builder();
        value.assignedPartitions().forEach(one -> add(all, one.topicId(), one.partitions()));
        return new ShareStanding(value.memberEpoch(), value.previousMemberEpoch(), all.build());
    }

    /// What was being begun when it was written is begun anew.
    private static ShareTopics topics(WireReader body) {
        PartitionSet.Builder all = new PartitionSet.Builder();
        TreeMap<UUID, String> names = new TreeMap<>();
        ShareGroupStatePartitionMetadataValue.read(body, VERSION).initializedTopics().forEach(one -> {
            names.put(one.topicId(), one.topicName());
            add(all, one.topicId(), one.partitions());
        });
        return new ShareTopics(names, all.build());
    }

    private static void add(PartitionSet.Builder all, UUID topic, List<Integer> partitions) {
        for (int partition : partitions) {
            if (partition < 0 || partition > MAX_PARTITION) {
                throw new MalformedMessageException("partition " + partition + " in the log of groups");
            }
            all.add(topic, partition);
        }
    }

    private static WireReader body(ByteBuffer bytes) {
        WireReader in = new WireReader(bytes.duplicate());
        short version = in.int16();
        if (version != VERSION) {
            throw new MalformedMessageException("version " + version + " of a value in the log of groups");
        }
        return in;
    }
}
