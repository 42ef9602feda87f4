package io.chapar.broker.partition;

import io.chapar.protocol.ErrorCode;

/// What a replica is to its partition, as the image of the cluster says.
///
/// ```
/// Waiting --the image names this broker as leader-------------> Leading
/// Leading --the image names another, or none, in a new epoch--> Waiting
/// either  --the topic is deleted, or the broker stops---------> Closed
/// ```
///
/// Whether the replica's disk is well is another matter: a replica that leads and is offline leads nobody, and does
/// again when its log has been opened anew.
sealed interface Role permits Leading, Role.Waiting, Role.Closed {
    /// As far as this replica knows it; it never rises but in [Leading].
    long highWatermark();

    /// Nobody is known to lead, or another broker does. Nothing is appended or read here.
    record Waiting(long highWatermark) implements Role {}

    /// The replica is of no use any more.
    ///
    /// @param why what whoever comes too late is told
    record Closed(ErrorCode why, long highWatermark) implements Role {}
}
