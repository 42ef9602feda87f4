package io.chapar.broker.metadata.quorum;

import org.jspecify.annotations.Nullable;

import java.util.UUID;

/// What a node knows of itself as a voter.
///
/// @param folder drawn when its folder was made
/// @param membership of the quorum that it belongs to, or wants to; null while it knows of none
/// @param seed the cluster that its folder has metadata of which are to become those of the quorum; else null
record VoterIdentity(UUID folder, @Nullable Membership membership, @Nullable UUID seed) {
    /// Whether that quorum counts on this folder of that node.
    static boolean isCountedOn(Membership membership, int node, UUID folder) {
        return membership.voters().stream()
                .anyMatch(voter -> voter.node() == node && voter.folder().equals(folder));
    }
}
