package io.chapar.broker.peer.socket;

import io.chapar.broker.peer.LinkEvents.Evidence;

import java.util.UUID;

/// Something speaks against a life of another broker.
///
/// @param incarnation as it has registered
/// @param epoch of that life
public record Suspect(int node, UUID incarnation, long epoch, Evidence evidence) {}
