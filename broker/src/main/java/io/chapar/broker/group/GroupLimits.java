package io.chapar.broker.group;

import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.group.consumer.MigrationPolicy;

/// @param initialDelayMs how long a group that was empty waits for more members before its first generation. 0 begins
///        at once and rebalances again for each that comes later
/// @param newcomerJoinMs how long a newcomer may wait in its first round; it cannot send heartbeats yet
/// @param maxMetadataChars of the text with an offset; more is refused with OFFSET_METADATA_TOO_LARGE
/// @param maxMembers of one group; more are refused with GROUP_MAX_SIZE_REACHED
/// @param retentionMs how long offsets outlive their group's last member
/// @param retentionCheckMs time between two looks at what has expired
/// @param maxTombstones in one append; more follow in the next
/// @param size how much one member and one group may bring
/// @param consumer of groups of the consumer protocol
/// @param streams of streams groups
/// @param maxShareMembers of one share group; more are refused with GROUP_MAX_SIZE_REACHED
public record GroupLimits(
        int minSessionMs,
        int maxSessionMs,
        int initialDelayMs,
        int newcomerJoinMs,
        int maxMembers,
        int maxMetadataChars,
        long retentionMs,
        long retentionCheckMs,
        int maxTombstones,
        Size size,
        Consumer consumer,
        Streams streams,
        int maxShareMembers) {
    public static final GroupLimits DEFAULTS = new GroupLimits(
            6_000, 1_800_000, 3_000, 300_000, Integer.MAX_VALUE, 4_096, 7L * 86_400_000, 600_000, 2_000);

    public GroupLimits(
            int minSessionMs,
            int maxSessionMs,
            int initialDelayMs,
            int newcomerJoinMs,
            int maxMembers,
            int maxMetadataChars,
            long retentionMs,
            long retentionCheckMs,
            int maxTombstones) {
        this(minSessionMs, maxSessionMs, initialDelayMs, newcomerJoinMs, maxMembers, maxMetadataChars, retentionMs,
                retentionCheckMs, maxTombstones, Size.DEFAULTS, Consumer.DEFAULTS, Streams.DEFAULTS, 200);
    }

    /// @param maxMembers of one group; more are refused with GROUP_MAX_SIZE_REACHED
    /// @param assignors the first is taken where members have no preference
    public record Consumer(int maxMembers, Assignors assignors, MigrationPolicy migration) {
        public static final Consumer DEFAULTS = new Consumer(Integer.MAX_VALUE, new Assignors(Assignors.known()));

        public Consumer(int maxMembers, Assignors assignors) {
            this(maxMembers, assignors, MigrationPolicy.BIDIRECTIONAL);
        }
    }

    public GroupLimits with(Consumer other) {
        return new GroupLimits(minSessionMs, maxSessionMs, initialDelayMs, newcomerJoinMs, maxMembers,
                maxMetadataChars, retentionMs, retentionCheckMs, maxTombstones, size, other, streams, maxShareMembers);
    }

    public GroupLimits withShareMembers(int most) {
        return new GroupLimits(minSessionMs, maxSessionMs, initialDelayMs, newcomerJoinMs, maxMembers,
                maxMetadataChars, retentionMs, retentionCheckMs, maxTombstones, size, consumer, streams, most);
    }

    public GroupLimits with(Streams other) {
        return new GroupLimits(minSessionMs, maxSessionMs, initialDelayMs, newcomerJoinMs, maxMembers,
                maxMetadataChars, retentionMs, retentionCheckMs, maxTombstones, size, consumer, other,
                maxShareMembers);
    }

    /// @param maxMembers of one group; more are refused with GROUP_MAX_SIZE_REACHED
    /// @param maxInternalPartitions that the topics which an application has for itself may have together; with more
    ///        it gets neither topics nor tasks, and its members are told so by status
    public record Streams(int maxMembers, int maxInternalPartitions) {
        public static final Streams DEFAULTS = new Streams(Integer.MAX_VALUE, 50_000);
    }

    public GroupLimits with(Size other) {
        return new GroupLimits(minSessionMs, maxSessionMs, initialDelayMs, newcomerJoinMs, maxMembers,
                maxMetadataChars, retentionMs, retentionCheckMs, maxTombstones, other, consumer, streams,
                maxShareMembers);
    }

    /// Bytes are counted as [GroupSizes] has them.
    ///
    /// @param maxMemberBytes that one member says about itself under all its protocols; more is refused with
    ///        INVALID_REQUEST
    /// @param maxProtocols of one member; more are refused with INVALID_REQUEST
    /// @param maxGroupBytes that the members of a group say together, and as many again of what its leader shares out;
    ///        more are refused with GROUP_MAX_SIZE_REACHED. Both go into one record
    public record Size(int maxMemberBytes, int maxProtocols, int maxGroupBytes) {
        /// Twice that, and the members' names, are less than a coordinator may append at once.
        public static final int MOST_GROUP_BYTES = 7_500_000;
        public static final Size DEFAULTS = new Size(1 << 20, 100, MOST_GROUP_BYTES);
    }
}
