package io.chapar.broker.partition;

import io.chapar.protocol.ErrorCode;

/// What a replica is to its partition, as the image of the cluster says.
///
/// ```
///          the image, in a new epoch, names: this broker --> Leading
/// (any) --<                                  another     --> Following
///          |                                 none        --> Waiting
///          +--the topic is deleted, or the broker stops----> Closed
/// ```
/// While a cut of a follower's log is under way nothing becomes of it; the latest image is taken in when it has ended.
///
///
/// Whether the replica's disk is well is another matter: a replica that leads and is offline leads nobody, and does
/// again when its log has been opened anew.
sealed interface Role permits Leading, Following, Role.Waiting, Role.Closed {
    /// As far as this replica knows it.
    long highWatermark();

    /// Nobody is known to lead. Nothing is appended or read here.
    record Waiting(long highWatermark) implements Role {}

    /// The replica is of no use any more.
    ///
    /// @param why what whoever comes too late is told
    record Closed(ErrorCode why, long highWatermark) implements Role {}
}
