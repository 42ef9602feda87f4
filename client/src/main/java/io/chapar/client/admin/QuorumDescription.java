package io.chapar.client.admin;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// Who votes on the cluster's metadata, and how far each is.
///
/// @param leader the node that decides
/// @param epoch raised by each election of a leader
/// @param highWatermark entries before it are committed
/// @param observers who has the log and does not vote
public record QuorumDescription(int leader, int epoch, long highWatermark, List<Replica> voters,
        List<Replica> observers) {

    /// @param folder of a voter, by which its quorum knows it; zero where it is not told
    /// @param address `host:port`; null where it is not told
    /// @param logEnd -1 when it is not known
    /// @param heardMs when the leader heard from it last, milliseconds since 1970; -1 when it is not known
    /// @param caughtUpMs when it had all that the leader had, as far as is known; else -1
    public record Replica(int node, UUID folder, @Nullable String address, long logEnd, long heardMs, long caughtUpMs) {
    }
}
