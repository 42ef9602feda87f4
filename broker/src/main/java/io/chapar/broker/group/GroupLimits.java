package io.chapar.broker.group;

/// @param initialDelayMs how long a group that was empty waits for more members before its first generation. 0 begins
///        at once and rebalances again for each that comes later
/// @param newcomerJoinMs how long a newcomer may wait in its first round; it cannot send heartbeats yet
/// @param maxMetadataChars of the text with an offset; more is refused with OFFSET_METADATA_TOO_LARGE
/// @param maxMembers of one group; more are refused with GROUP_MAX_SIZE_REACHED
/// @param retentionMs how long offsets outlive their group's last member
/// @param retentionCheckMs time between two looks at what has expired
/// @param maxTombstones in one append; more follow in the next
public record GroupLimits(
        int minSessionMs,
        int maxSessionMs,
        int initialDelayMs,
        int newcomerJoinMs,
        int maxMembers,
        int maxMetadataChars,
        long retentionMs,
        long retentionCheckMs,
        int maxTombstones) {
    public static final GroupLimits DEFAULTS = new GroupLimits(
            6_000, 1_800_000, 3_000, 300_000, Integer.MAX_VALUE, 4_096, 7L * 86_400_000, 600_000, 2_000);
}
