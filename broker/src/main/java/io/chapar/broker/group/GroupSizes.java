package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.Join;
import io.chapar.broker.group.GroupCommand.Protocol;
import io.chapar.broker.group.GroupCommand.Sync;
import io.chapar.broker.group.GroupRecord.GroupStored;
import io.chapar.broker.group.GroupRecord.OffsetCommitted;
import io.chapar.broker.group.GroupRecord.StoredMember;
import io.chapar.broker.group.consumer.ConsumerSizes;
import io.chapar.broker.group.share.ShareGroupRecord;
import io.chapar.broker.group.streams.StreamsSizes;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/// About how many bytes of memory things take, what they consist of included. Never less than what a client sent.
final class GroupSizes {
    private static final int GROUP = 500;
    private static final int MEMBER = 300;
    private static final int PROTOCOL = 120;
    private static final int PROMISE = 120;
    private static final int OFFSET = 220;

    private GroupSizes() {}

    static long group(String groupId) {
        return GROUP + text(groupId);
    }

    /// One that was given its id and has not come back with it.
    static long promise(String memberId) {
        return PROMISE + text(memberId);
    }

    static long member(String memberId, @Nullable String instanceId, String clientId, String host,
            List<Protocol> protocols) {
        return MEMBER + text(memberId) + text(instanceId) + text(clientId) + text(host) + protocols(protocols);
    }

    static long protocols(List<Protocol> protocols) {
        long bytes = 0;
        for (Protocol one : protocols) {
            bytes += PROTOCOL + text(one.name()) + one.metadata().remaining();
        }
        return bytes;
    }

    /// Of a member that is about to come.
    static long newcomer(Join join) {
        return member(join.clientId(), join.instanceId(), join.clientId(), join.clientHost(), join.protocols());
    }

    static long parts(Collection<ByteBuffer> assignments) {
        long bytes = 0;
        for (ByteBuffer one : assignments) {
            bytes += one.remaining();
        }
        return bytes;
    }

    static long shared(Sync sync) {
        return PROTOCOL * (long) sync.assignments().size() + parts(sync.assignments().values());
    }

    static long stored(GroupStored record) {
        long bytes = 0;
        for (StoredMember one : record.members()) {
            bytes += MEMBER + one.subscription().remaining() + one.assignment().remaining();
        }
        return bytes;
    }

    static long offset(TopicPartition partition, String metadata) {
        return OFFSET + text(partition.topic()) + text(metadata);
    }

    static long offset(TopicPartition partition, CommittedOffset value) {
        return offset(partition, value.metadata());
    }

    static long inFlight(List<? extends GroupRecord> records) {
        long bytes = 0;
        for (GroupRecord record : records) {
            if (record instanceof OffsetCommitted one) {
                bytes += offset(one.partition(), one.value());
            }
        }
        return bytes;
    }

    /// About what a record takes in the log.
    static long written(GroupRecord record) {
        return switch (record) {
            case GroupRecord.OfConsumers of -> ConsumerSizes.written(of.record());
            case GroupRecord.OfShares of -> ShareGroupRecord.written(of.record());
            case GroupRecord.OfStreams of -> StreamsSizes.written(of.record());
            case OffsetCommitted one -> offset(one.partition(), one.value());
            case GroupStored one -> stored(one);
            case GroupRecord.OffsetForgotten _, GroupRecord.GroupForgotten _ -> MEMBER;
        };
    }

    private static long text(@Nullable String text) {
        return text == null ? 0 : 2L * text.length();
    }
}
