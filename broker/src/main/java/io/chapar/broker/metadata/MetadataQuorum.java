package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// Who votes on the cluster's metadata, and how far each of them is with their log.
///
/// @param leader the node that decides; [#NOBODY] when none is known
/// @param term raised by each election; whoever leads in a later one decides
/// @param highWatermark entries before it are on the disk of a majority
/// @param voters in the order of their nodes
public record MetadataQuorum(int leader, long term, long highWatermark, List<Voter> voters) {
    public static final int NOBODY = -1;
    /// Of what only the leader knows, asked elsewhere.
    public static final long NOT_KNOWN = -1;

    public MetadataQuorum {
        voters = List.copyOf(voters);
    }

    /// @param folder drawn when its folder was made
    /// @param at where others reach it; null for one that has no others
    /// @param logEnd the index of the entry that it is missing next
    /// @param silentMs for how long the leader has not heard from it
    /// @param behindMs for how long it has not been known to have all that the leader has
    public record Voter(int node, UUID folder, @Nullable HostPort at, long logEnd, long silentMs, long behindMs) {}

    /// Of a broker that has no others.
    static MetadataQuorum alone(int node, long logEnd) {
        return new MetadataQuorum(
                node, 0, logEnd, List.of(new Voter(node, new UUID(0, 0), null, logEnd, 0, 0)));
    }

    public boolean isLedBy(int node) {
        return leader == node;
    }
}
