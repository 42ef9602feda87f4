package io.chapar.broker.peer;

import java.util.UUID;

/// What a broker says of itself when a link begins.
///
/// @param incarnation of its process
/// @param epoch of its life ([io.chapar.broker.metadata.BrokerImage]); -1 while it is not registered
/// @param loops that it has
/// @param loop that has this end of the link
public record Greeting(UUID clusterId, int node, UUID incarnation, long epoch, int loops, int loop) {
    public static final long NOT_REGISTERED = -1;

    /// The same at another loop.
    public Greeting at(int otherLoop) {
        return new Greeting(clusterId, node, incarnation, epoch, loops, otherLoop);
    }
}
