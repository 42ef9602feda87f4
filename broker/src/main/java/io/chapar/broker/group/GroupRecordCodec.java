package io.chapar.broker.group;

import io.chapar.broker.group.GroupRecord.GroupForgotten;
import io.chapar.broker.group.GroupRecord.GroupStored;
import io.chapar.broker.group.GroupRecord.OfConsumers;
import io.chapar.broker.group.GroupRecord.OfShares;
import io.chapar.broker.group.GroupRecord.OfStreams;
import io.chapar.broker.group.GroupRecord.OffsetCommitted;
import io.chapar.broker.group.GroupRecord.OffsetForgotten;
import io.chapar.broker.group.GroupRecord.StoredMember;
import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.consumer.ConsumerGroupRecordCodec;
import io.chapar.broker.group.share.ShareGroupRecord;
import io.chapar.broker.group.share.ShareGroupRecordCodec;
import io.chapar.broker.group.streams.StreamsGroupRecord;
import io.chapar.broker.group.streams.StreamsGroupRecordCodec;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Message;
import io.chapar.protocol.Prefixed;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.coordinator.GroupMetadataKey;
import io.chapar.protocol.coordinator.GroupMetadataValue;
import io.chapar.protocol.coordinator.GroupMetadataValue.MemberMetadata;
import io.chapar.protocol.coordinator.OffsetCommitKey;
import io.chapar.protocol.coordinator.OffsetCommitValue;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNullElse;

/// The bytes of a [GroupRecord] in `__consumer_offsets`, as Kafka's own tools read them.
///
/// ```
/// key    type i16 (0, 1: an offset; 2: a classic group) | the key's fields
/// value  version i16 | the value's fields; absent in a tombstone
/// ```
///
/// Offsets are written in version 4, which holds the topic's id, or 1 when they expire on their own; groups in
/// version 3. All versions are read. Groups of the consumer protocol and streams groups have keys of their own
/// ([ConsumerGroupRecordCodec], [StreamsGroupRecordCodec]); keys of further types belong to group protocols that are
/// not served here.
public final class GroupRecordCodec {
    private static final short OLD_OFFSET = 0;
    private static final short OFFSET_VERSION = 4;
    private static final short EXPIRING_OFFSET_VERSION = 1;
    private static final short GROUP_VERSION = 3;
    private static final short KEY_VERSION = 0;

    private GroupRecordCodec() {}

    // ---- write

    public static ByteBuffer key(GroupRecord record) {
        return switch (record) {
            case OffsetCommitted r -> offsetKey(r.groupId(), r.partition());
            case OffsetForgotten r -> offsetKey(r.groupId(), r.partition());
            case GroupStored r -> groupKey(r.groupId());
            case GroupForgotten r -> groupKey(r.groupId());
            case OfConsumers r -> ConsumerGroupRecordCodec.key(r.record());
            case OfStreams r -> StreamsGroupRecordCodec.key(r.record());
            case OfShares r -> ShareGroupRecordCodec.key(r.record());
        };
    }

    private static ByteBuffer offsetKey(String groupId, TopicPartition partition) {
        Message key = new OffsetCommitKey(groupId, partition.topic(), partition.partition());
        return Prefixed.key(OffsetCommitKey.RECORD_TYPE, key);
    }

    private static ByteBuffer groupKey(String groupId) {
        return Prefixed.key(GroupMetadataKey.RECORD_TYPE, new GroupMetadataKey(groupId));
    }

    /// Null for a tombstone.
    public static @Nullable ByteBuffer value(GroupRecord record) {
        return switch (record) {
            case OffsetCommitted r -> offsetValue(r.value());
            case GroupStored r -> Prefixed.value(GROUP_VERSION, groupValue(r));
            case OfConsumers r -> ConsumerGroupRecordCodec.value(r.record());
            case OfStreams r -> StreamsGroupRecordCodec.value(r.record());
            case OfShares r -> ShareGroupRecordCodec.value(r.record());
            case OffsetForgotten _, GroupForgotten _ -> null;
        };
    }

    private static ByteBuffer offsetValue(CommittedOffset offset) {
        short version = offset.expireMs() >= 0 ? EXPIRING_OFFSET_VERSION : OFFSET_VERSION;
        return Prefixed.value(
                version,
                OffsetCommitValue.builder()
                        .offset(offset.offset())
                        .leaderEpoch(offset.leaderEpoch())
                        .metadata(offset.metadata())
                        .commitTimestamp(offset.commitMs())
                        .expireTimestamp(offset.expireMs())
                        .topicId(offset.topicId())
                        .build());
    }

    private static GroupMetadataValue groupValue(GroupStored group) {
        List<MemberMetadata> members = new ArrayList<>();
        for (StoredMember member : group.members()) {
            members.add(new MemberMetadata(
                    member.memberId(),
                    member.instanceId(),
                    member.clientId(),
                    member.clientHost(),
                    member.rebalanceTimeoutMs(),
                    member.sessionTimeoutMs(),
                    member.subscription(),
                    member.assignment()));
        }
        return new GroupMetadataValue(
                requireNonNullElse(group.protocolType(), ""), group.generation(), group.protocol(), group.leader(),
                group.stateSinceMs(), members);
    }

    // ---- read

    /// Null for a record of another protocol. Nothing of the buffers is kept.
    public static @Nullable GroupRecord read(@Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        if (key == null) {
            throw new MalformedMessageException("a record without key in the log of groups");
        }
        WireReader in = new WireReader(key.duplicate());
        short type = in.int16();
        if (type == OLD_OFFSET || type == OffsetCommitKey.RECORD_TYPE) {
            OffsetCommitKey offset = OffsetCommitKey.read(in, KEY_VERSION);
            TopicPartition partition = new TopicPartition(offset.topic(), offset.partition());
            return value == null
                    ? new OffsetForgotten(offset.group(), partition)
                    : new OffsetCommitted(offset.group(), partition, offset(value));
        }
        if (type == GroupMetadataKey.RECORD_TYPE) {
            String groupId = GroupMetadataKey.read(in, KEY_VERSION).group();
            return value == null ? new GroupForgotten(groupId) : group(groupId, value);
        }
        ConsumerGroupRecord ofConsumers = ConsumerGroupRecordCodec.read(type, in, value);
        if (ofConsumers != null) {
            return new OfConsumers(ofConsumers);
        }
        ShareGroupRecord ofShares = ShareGroupRecordCodec.read(type, in, value);
        if (ofShares != null) {
            return new OfShares(ofShares);
        }
        StreamsGroupRecord ofStreams = StreamsGroupRecordCodec.read(type, in, value);
        return ofStreams == null ? null : new OfStreams(ofStreams);
    }

    private static CommittedOffset offset(ByteBuffer bytes) {
        OffsetCommitValue value =
                Prefixed.read(bytes, OffsetCommitValue.HIGHEST_VERSION, OffsetCommitValue::read);
        return new CommittedOffset(
                value.offset(),
                value.leaderEpoch(),
                value.metadata(),
                value.commitTimestamp(),
                value.expireTimestamp(),
                value.topicId(),
                -1);
    }

    private static GroupStored group(String groupId, ByteBuffer bytes) {
        GroupMetadataValue value =
                Prefixed.read(bytes, GroupMetadataValue.HIGHEST_VERSION, GroupMetadataValue::read);
        List<StoredMember> members = new ArrayList<>();
        for (MemberMetadata member : value.members()) {
            members.add(new StoredMember(
                    member.memberId(),
                    member.groupInstanceId(),
                    member.clientId(),
                    member.clientHost(),
                    member.rebalanceTimeout(),
                    member.sessionTimeout(),
                    GroupCommand.copy(member.subscription()),
                    GroupCommand.copy(member.assignment())));
        }
        return new GroupStored(
                groupId,
                value.protocolType(),
                value.generation(),
                value.protocol(),
                value.leader(),
                value.currentStateTimestamp(),
                members);
    }
}
