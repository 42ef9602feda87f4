package io.chapar.broker.group;

import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.consumer.Standing.Owned;
import io.chapar.broker.group.streams.StreamsMember.Endpoint;
import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.UUID;

/// What a group may be asked. Buffers in a command are copies, and the coordinator's to keep.
///
/// @param <R> how it is answered
public sealed interface GroupCommand<R extends GroupReply> {
    String groupId();

    /// The answer that says no more than this.
    R refused(ErrorCode error);

    /// @param memberId empty for a member that has none yet
    /// @param instanceId null for a dynamic member
    /// @param protocols in the order of the member's preference
    /// @param memberIdRequired a dynamic newcomer is told its id first and has to come again with it (version 4)
    /// @param maySkipAssignment the client understands that it leads and need not assign (version 9)
    record Join(
            String groupId,
            String memberId,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            int sessionTimeoutMs,
            int rebalanceTimeoutMs,
            String protocolType,
            List<Protocol> protocols,
            boolean memberIdRequired,
            boolean maySkipAssignment) implements GroupCommand<GroupReply.Joined> {
        @Override
        public GroupReply.Joined refused(ErrorCode error) {
            return GroupReply.Joined.refused(error, memberId);
        }
    }

    /// One way to share out the work that a member can take part in, with what the leader needs to know for it.
    record Protocol(String name, ByteBuffer metadata) {
        public Protocol {
            metadata = copy(metadata);
        }
    }

    /// @param protocolType null when the client does not say
    /// @param protocolName null when the client does not say
    /// @param assignments by member; empty from anyone but the leader
    record Sync(
            String groupId,
            int generation,
            String memberId,
            @Nullable String instanceId,
            @Nullable String protocolType,
            @Nullable String protocolName,
            SequencedMap<String, ByteBuffer> assignments) implements GroupCommand<GroupReply.Synced> {
        public Sync {
            SequencedMap<String, ByteBuffer> own = new LinkedHashMap<>();
            assignments.forEach((member, part) -> own.put(member, copy(part)));
            assignments = own;
        }

        @Override
        public GroupReply.Synced refused(ErrorCode error) {
            return GroupReply.Synced.refused(error);
        }
    }

    record Heartbeat(String groupId, int generation, String memberId, @Nullable String instanceId)
            implements GroupCommand<GroupReply.Done> {
        @Override
        public GroupReply.Done refused(ErrorCode error) {
            return new GroupReply.Done(error);
        }
    }

    /// A member of the consumer protocol shows up, comes or goes (KIP-848).
    ///
    /// @param memberId empty for one that has to be given an id (version 0)
    /// @param memberEpoch 0 to join, -1 to leave, -2 to leave as a static member that comes back
    /// @param instanceId null for a dynamic member
    /// @param rackId null when it has not changed
    /// @param rebalanceTimeoutMs -1 when it has not changed
    /// @param topicNames null when they have not changed
    /// @param topicRegex null when it has not changed; empty for none
    /// @param assignor null for none, or when it has not changed
    /// @param owned null when it has not changed
    record ConsumerHeartbeat(
            String groupId,
            String memberId,
            int memberEpoch,
            @Nullable String instanceId,
            @Nullable String rackId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            @Nullable SortedSet<String> topicNames,
            @Nullable String topicRegex,
            @Nullable String assignor,
            @Nullable List<Owned> owned) implements GroupCommand<GroupReply.Beat> {
        @Override
        public GroupReply.Beat refused(ErrorCode error) {
            return GroupReply.Beat.refused(error, null);
        }

        boolean isJoin() {
            return memberEpoch == Standing.JOIN;
        }

        boolean isLeave() {
            return memberEpoch == Standing.LEAVE || memberEpoch == Standing.AWAY;
        }

        /// All that a member can say, as it does when it does not know what arrived.
        boolean isFull() {
            return rebalanceTimeoutMs >= 0 && (topicNames != null || topicRegex != null) && owned != null;
        }
    }

    record DescribeConsumers(String groupId) implements GroupCommand<GroupReply.ConsumersDescribed> {
        @Override
        public GroupReply.ConsumersDescribed refused(ErrorCode error) {
            return GroupReply.ConsumersDescribed.refused(error);
        }
    }

    /// A member of a streams group shows up, comes or goes (KIP-1071).
    ///
    /// @param memberEpoch 0 to join, -1 to leave, -2 to leave as a static member that comes back
    /// @param endpointEpoch of what it knows about where others can be asked for their state
    /// @param instanceId null for a dynamic member, or when it has not changed
    /// @param said what else it says that may be new
    /// @param owned null when it has not changed
    /// @param progress null when it has not changed
    /// @param shutdown the whole application is to end
    /// @param knowsTags the client understands that tags are missing (version 1)
    record StreamsHeartbeat(
            String groupId,
            String memberId,
            int memberEpoch,
            int endpointEpoch,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            StreamsSaid said,
            @Nullable Tasks owned,
            @Nullable TaskProgress progress,
            boolean shutdown,
            boolean knowsTags) implements GroupCommand<GroupReply.StreamsBeat> {
        @Override
        public GroupReply.StreamsBeat refused(ErrorCode error) {
            return GroupReply.StreamsBeat.refused(error, null);
        }

        boolean isJoin() {
            return memberEpoch == Standing.JOIN;
        }

        boolean isLeave() {
            return memberEpoch == Standing.LEAVE || memberEpoch == Standing.AWAY;
        }
    }

    /// Each null when it has not changed.
    ///
    /// @param rebalanceTimeoutMs -1 when it has not changed
    /// @param topology only when it joins
    record StreamsSaid(
            @Nullable String rackId,
            int rebalanceTimeoutMs,
            @Nullable StreamsTopology topology,
            @Nullable String processId,
            @Nullable Endpoint endpoint,
            @Nullable SortedMap<String, String> tags) {
        public static final StreamsSaid NOTHING = new StreamsSaid(null, -1, null, null, null, null);
    }

    record DescribeStreams(String groupId) implements GroupCommand<GroupReply.StreamsDescribed> {
        @Override
        public GroupReply.StreamsDescribed refused(ErrorCode error) {
            return GroupReply.StreamsDescribed.refused(error);
        }
    }

    record Leave(String groupId, List<Leaver> members) implements GroupCommand<GroupReply.Left> {
        @Override
        public GroupReply.Left refused(ErrorCode error) {
            return new GroupReply.Left(error, List.of());
        }
    }

    /// @param memberId empty when an administrator removes a static member by its instance alone
    record Leaver(String memberId, @Nullable String instanceId) {}

    /// @param generation -1 from a client that is no member
    /// @param retentionMs -1 unless an old client wants these offsets to expire on their own
    /// @param knowsGroupIdNotFound the client understands GROUP_ID_NOT_FOUND (version 9)
    record CommitOffsets(
            String groupId,
            int generation,
            String memberId,
            @Nullable String instanceId,
            List<Offset> offsets,
            long retentionMs,
            boolean knowsGroupIdNotFound) implements GroupCommand<GroupReply.PerPartition> {
        @Override
        public GroupReply.PerPartition refused(ErrorCode error) {
            return GroupReply.PerPartition.all(error, partitions(offsets));
        }
    }

    /// Offsets that count only once the transaction has committed.
    record CommitTxnOffsets(
            String groupId,
            long producerId,
            short producerEpoch,
            int generation,
            String memberId,
            @Nullable String instanceId,
            List<Offset> offsets) implements GroupCommand<GroupReply.PerPartition> {
        @Override
        public GroupReply.PerPartition refused(ErrorCode error) {
            return GroupReply.PerPartition.all(error, partitions(offsets));
        }
    }

    /// @param topicId of the topic as it exists now; the zero id when unknown
    /// @param leaderEpoch -1 when unknown
    /// @param metadata never null
    record Offset(TopicPartition partition, UUID topicId, long offset, int leaderEpoch, String metadata) {}

    record DeleteOffsets(String groupId, List<TopicPartition> partitions)
            implements GroupCommand<GroupReply.PerPartition> {
        /// The group had no offset of this partition. Whether that is an error is for those to say who know topics.
        public static final ErrorCode NO_OFFSET = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;

        @Override
        public GroupReply.PerPartition refused(ErrorCode error) {
            return new GroupReply.PerPartition(error, new LinkedHashMap<>());
        }
    }

    record DeleteGroup(String groupId) implements GroupCommand<GroupReply.Done> {
        @Override
        public GroupReply.Done refused(ErrorCode error) {
            return new GroupReply.Done(error);
        }
    }

    /// Topics have ceased to exist; so do this group's offsets in them. Nobody waits for the answer.
    record ForgetTopics(String groupId, SequencedSet<String> topics) implements GroupCommand<GroupReply.Done> {
        @Override
        public GroupReply.Done refused(ErrorCode error) {
            return new GroupReply.Done(error);
        }
    }

    /// @param partitions with the id of the topic as it exists now, the zero id when unknown; null for all offsets
    /// @param requireStable do not hide that a transaction may be about to change an offset, nor tell one that is old
    /// @param memberId null or empty from a client that is no member, or does not say
    /// @param memberEpoch -1 from a client that is no member, or does not say
    record FetchOffsets(
            String groupId,
            @Nullable Map<TopicPartition, UUID> partitions,
            boolean requireStable,
            @Nullable String memberId,
            int memberEpoch) implements GroupCommand<GroupReply.Offsets> {
        /// By a client that is no member.
        public FetchOffsets(
                String groupId, @Nullable Map<TopicPartition, UUID> partitions, boolean requireStable) {
            this(groupId, partitions, requireStable, null, -1);
        }

        @Override
        public GroupReply.Offsets refused(ErrorCode error) {
            return new GroupReply.Offsets(error, new LinkedHashMap<>());
        }
    }

    record Describe(String groupId) implements GroupCommand<GroupReply.Described> {
        @Override
        public GroupReply.Described refused(ErrorCode error) {
            return GroupReply.Described.refused(error);
        }
    }

    /// Of a share group.
    sealed interface OfShares<R extends GroupReply> extends GroupCommand<R> permits ShareCommands.ShareHeartbeat,
            ShareCommands.DescribeShares, ShareCommands.AlterShares, ShareCommands.ForgetShares,
            ShareCommands.SharesAnswered {}

    /// Read-only, on its own memory.
    static ByteBuffer copy(ByteBuffer from) {
        ByteBuffer copy = ByteBuffer.allocate(from.remaining());
        copy.put(from.duplicate());
        return copy.flip().asReadOnlyBuffer();
    }

    private static List<TopicPartition> partitions(List<Offset> offsets) {
        List<TopicPartition> all = new ArrayList<>(offsets.size());
        offsets.forEach(offset -> all.add(offset.partition()));
        return all;
    }
}
