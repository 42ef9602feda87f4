package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;

import java.util.UUID;

/// Where a life of another broker takes links, as it has registered.
record PeerAddress(int node, HostPort at, UUID incarnation, long epoch) {}
