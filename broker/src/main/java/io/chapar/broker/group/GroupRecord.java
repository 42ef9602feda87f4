package io.chapar.broker.group;

import io.chapar.broker.group.consumer.ConsumerGroupRecord;
import io.chapar.broker.group.share.ShareGroupRecord;
import io.chapar.broker.group.streams.StreamsGroupRecord;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// What is written to `__consumer_offsets`. Applying the records of the log in order, with the markers between them,
/// is the only way in which anything that outlives a restart changes.
public sealed interface GroupRecord {
    String groupId();

    record OffsetCommitted(String groupId, TopicPartition partition, CommittedOffset value) implements GroupRecord {}

    /// A tombstone.
    record OffsetForgotten(String groupId, TopicPartition partition) implements GroupRecord {}

    /// @param protocol null in a group without members
    /// @param leader null in a group without members
    /// @param stateSinceMs -1 in records of old
    record GroupStored(
            String groupId,
            @Nullable String protocolType,
            int generation,
            @Nullable String protocol,
            @Nullable String leader,
            long stateSinceMs,
            List<StoredMember> members) implements GroupRecord {}

    /// @param subscription what the member said about itself under the group's protocol
    record StoredMember(
            String memberId,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            int sessionTimeoutMs,
            ByteBuffer subscription,
            ByteBuffer assignment) {}

    /// Of a group whose coordinator shares out what there is to do.
    sealed interface OfModern extends GroupRecord {}

    /// Of a group of the consumer protocol.
    record OfConsumers(ConsumerGroupRecord record) implements OfModern {
        @Override
        public String groupId() {
            return record.groupId();
        }
    }

    /// Of a share group.
    record OfShares(ShareGroupRecord record) implements OfModern {
        @Override
        public String groupId() {
            return record.groupId();
        }
    }

    /// Of a streams group.
    record OfStreams(StreamsGroupRecord record) implements OfModern {
        @Override
        public String groupId() {
            return record.groupId();
        }
    }

    /// A tombstone.
    record GroupForgotten(String groupId) implements GroupRecord {}
}
