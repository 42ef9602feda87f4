package io.chapar.transport;

/// Which connection to a node a call takes. A broker answers one connection strictly in order, so whatever may wait
/// long (a fetch, a produce) must not stand before heartbeats and look-ups.
public enum TrafficClass {
    /// Produce and Fetch.
    DATA,
    /// Everything else.
    CONTROL,
    /// JoinGroup and SyncGroup, which the broker answers when the other members have come.
    GROUP
}
