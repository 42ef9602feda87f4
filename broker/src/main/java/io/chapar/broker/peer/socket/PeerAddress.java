package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.peer.Greeting;

import java.util.UUID;

/// Where another broker takes links.
///
/// @param incarnation of its life, as it has registered
/// @param epoch of that life; [Greeting#NOT_REGISTERED] where nothing is known but the place
record PeerAddress(int node, HostPort at, UUID incarnation, long epoch) {

    /// Of a voter that nobody has heard of yet.
    static PeerAddress listed(int node, HostPort at) {
        return new PeerAddress(node, at, Registration.UNKNOWN, Greeting.NOT_REGISTERED);
    }

    boolean isOfALife() {
        return epoch != Greeting.NOT_REGISTERED;
    }
}
