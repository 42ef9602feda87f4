package io.chapar.broker.group;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// How a [GroupCommand] is answered. Buffers are shared and must not be moved.
public sealed interface GroupReply {
    ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    ErrorCode error();

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
    record Fetched(ErrorCode error, long offset, int leaderEpoch, String metadata) {
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
