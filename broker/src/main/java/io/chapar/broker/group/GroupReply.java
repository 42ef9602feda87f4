package io.chapar.broker.group;

import io.chapar.broker.group.consumer.ConsumerMember;
import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.consumer.Standing;
import io.chapar.broker.group.streams.ConfiguredTopology;
import io.chapar.broker.group.streams.ConfiguredTopology.Problem;
import io.chapar.broker.group.streams.StreamsMember;
import io.chapar.broker.group.streams.StreamsMember.Endpoint;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.TaskProgress;
import io.chapar.broker.group.streams.TaskStanding;
import io.chapar.broker.group.streams.Tasks;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.UUID;

/// How a [GroupCommand] is answered. Buffers are shared and must not be moved.
public sealed interface GroupReply {
    ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    ErrorCode error();

    /// Of a share group.
    sealed interface OfShares extends GroupReply
            permits ShareReplies.ShareBeat, ShareReplies.SharesDescribed, ShareReplies.SharesDone {}

    /// @param protocolType null unless the member is in
    /// @param protocol null unless the member is in
    /// @param members all of them for the leader, else none
    record Joined(
            ErrorCode error,
            int generation,
            @Nullable String protocolType,
            @Nullable String protocol,
            @Nullable String leader,
            boolean skipAssignment,
            String memberId,
            List<JoinedMember> members) implements GroupReply {
        public static Joined refused(ErrorCode error, String memberId) {
            return new Joined(error, -1, null, null, "", false, memberId, List.of());
        }
    }

    record JoinedMember(String memberId, @Nullable String instanceId, ByteBuffer metadata) {}

    record Synced(ErrorCode error, @Nullable String protocolType, @Nullable String protocol, ByteBuffer assignment)
            implements GroupReply {
        static Synced refused(ErrorCode error) {
            return new Synced(error, null, null, NOTHING);
        }
    }

    record Done(ErrorCode error) implements GroupReply {}

    /// @param message what is wrong, for people; null when the error says it all
    /// @param memberId null with an error
    /// @param assignment what the member may work on; null when that has not changed
    record Beat(
            ErrorCode error,
            @Nullable String message,
            @Nullable String memberId,
            int memberEpoch,
            int heartbeatMs,
            @Nullable PartitionSet assignment) implements GroupReply {
        static Beat refused(ErrorCode error, @Nullable String message) {
            return new Beat(error, message, null, 0, 0, null);
        }
    }

    /// @param state as Kafka names it
    record ConsumersDescribed(
            ErrorCode error, String state, int epoch, int targetEpoch, String assignor, List<DescribedConsumer> members)
            implements GroupReply {
        static ConsumersDescribed refused(ErrorCode error) {
            return new ConsumersDescribed(error, "", 0, 0, "", List.of());
        }
    }

    record DescribedConsumer(ConsumerMember member, Standing standing, PartitionSet target) {}

    /// @param message what is wrong, for people; null when the error says it all
    /// @param memberId empty with an error
    /// @param offsetIntervalMs how often the member says how far its tasks are
    /// @param acceptableLag of a task that counts as caught up
    /// @param assignment what the member may work on; null when that has not changed
    /// @param endpoints where members can be asked for their state; null when that has not changed
    /// @param missing topics that are to be made for the application now
    record StreamsBeat(
            ErrorCode error,
            @Nullable String message,
            String memberId,
            int memberEpoch,
            int heartbeatMs,
            int offsetIntervalMs,
            long acceptableLag,
            List<Problem> statuses,
            @Nullable Tasks assignment,
            int endpointEpoch,
            @Nullable List<EndpointTasks> endpoints,
            List<InternalTopic> missing) implements GroupReply {
        static StreamsBeat refused(ErrorCode error, @Nullable String message) {
            return new StreamsBeat(error, message, "", 0, 0, 0, 0, List.of(), null, 0, null, List.of());
        }
    }

    /// @param active by topic, what the tasks that it runs read
    /// @param standby by topic, what the tasks read of whose state it has copies
    record EndpointTasks(
            Endpoint endpoint, SortedMap<String, List<Integer>> active, SortedMap<String, List<Integer>> standby) {}

    /// @param state as Kafka names it
    /// @param configured what the group's topology comes to
    record StreamsDescribed(
            ErrorCode error, String state, int epoch, int targetEpoch, ConfiguredTopology configured,
            List<DescribedStreamsMember> members) implements GroupReply {
        static StreamsDescribed refused(ErrorCode error) {
            return new StreamsDescribed(error, "", 0, 0, ConfiguredTopology.NONE, List.of());
        }
    }

    record DescribedStreamsMember(StreamsMember member, TaskStanding standing, Tasks target, TaskProgress progress) {}

    /// @param members one for each that was to leave, in order; empty with an error of the whole
    record Left(ErrorCode error, List<ErrorCode> members) implements GroupReply {}

    /// @param error of the whole; then the partitions may be missing, or have it too
    record PerPartition(ErrorCode error, SequencedMap<TopicPartition, ErrorCode> partitions) implements GroupReply {
        static PerPartition all(ErrorCode error, List<TopicPartition> partitions) {
            SequencedMap<TopicPartition, ErrorCode> errors = new LinkedHashMap<>();
            partitions.forEach(partition -> errors.put(partition, error));
            return new PerPartition(error, errors);
        }
    }

    record Offsets(ErrorCode error, SequencedMap<TopicPartition, Fetched> partitions) implements GroupReply {}

    /// @param offset -1 when nothing is committed, or with an error
    /// @param topicId for which it was committed, where all offsets were asked for: the topic of this name may be
    ///        another one by now; else, and when unknown, the zero id
    record Fetched(ErrorCode error, long offset, int leaderEpoch, String metadata, UUID topicId) {
        public Fetched(ErrorCode error, long offset, int leaderEpoch, String metadata) {
            this(error, offset, leaderEpoch, metadata, CommittedOffset.NO_TOPIC_ID);
        }

        static final Fetched NONE = new Fetched(ErrorCode.NONE, -1, -1, "");
        static final Fetched UNSTABLE = new Fetched(ErrorCode.UNSTABLE_OFFSET_COMMIT, -1, -1, "");
    }

    /// @param state as Kafka names it
    /// @param protocol empty unless the group is stable
    record Described(
            ErrorCode error, String state, String protocolType, @Nullable String protocol,
            List<DescribedMember> members)
            implements GroupReply {
        static Described refused(ErrorCode error) {
            return new Described(error, "", "", "", List.of());
        }
    }

    /// @param metadata empty unless the group is stable
    /// @param assignment empty unless the group is stable
    record DescribedMember(
            String memberId,
            @Nullable String instanceId,
            String clientId,
            String clientHost,
            ByteBuffer metadata,
            ByteBuffer assignment) {}
}
