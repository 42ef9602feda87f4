package io.chapar.broker.peer.socket;

import io.chapar.broker.peer.Greeting;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.PeerSecret;
import org.jspecify.annotations.Nullable;

import java.util.random.RandomGenerator;

/// What this broker is to others.
///
/// @param greeting of its first loop
/// @param secret null where there is none
/// @param random that nobody can guess
/// @param tls under its links; null where they are not encrypted
record PeerIdentity(Greeting greeting, @Nullable PeerSecret secret, LinkLimits limits, RandomGenerator random,
        @Nullable Handshakes tls) {
    PeerIdentity as(Greeting other) {
        return new PeerIdentity(other, secret, limits, random, tls);
    }
}
