package io.chapar.client;

import org.jspecify.annotations.Nullable;

import java.util.Objects;

/// Which member of which generation of a group speaks: it lets the broker refuse offsets of a member that lost its
/// partitions. `generation` is the generation of a classic group, or the member epoch of a consumer group; -1 with an
/// empty member id means a commit outside group membership, which the broker cannot fence. `instanceId` is null for
/// dynamic members.
public record GroupMetadata(String groupId, int generation, String memberId, @Nullable String instanceId) {
    public static final int NO_GENERATION = -1;

    public GroupMetadata {
        Objects.requireNonNull(groupId, "groupId");
        Objects.requireNonNull(memberId, "memberId");
    }

    /// For offsets that are committed by somebody who is not a member.
    public GroupMetadata(String groupId) {
        this(groupId, NO_GENERATION, "", null);
    }
}
