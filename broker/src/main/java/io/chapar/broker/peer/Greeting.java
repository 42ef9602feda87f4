package io.chapar.broker.peer;

import java.util.UUID;

/// What a broker says of itself when a link begins.
///
/// @param clusterId [#NO_CLUSTER] while it does not know, and on links of [LinkPurpose#VOTERS]
/// @param incarnation of its process
/// @param epoch of its life ([io.chapar.broker.metadata.BrokerImage]); -1 while it is not registered
/// @param loops that it has
/// @param loop that has this end of the link
public record Greeting(UUID clusterId, int node, UUID incarnation, long epoch, int loops, int loop) {
    public static final long NOT_REGISTERED = -1;
    public static final UUID NO_CLUSTER = new UUID(0, 0);

    /// Whether it knows its cluster.
    public boolean belongs() {
        return !clusterId.equals(NO_CLUSTER);
    }

    /// The same where clusters are not spoken of.
    Greeting founding() {
        return new Greeting(NO_CLUSTER, node, incarnation, NOT_REGISTERED, loops, loop);
    }

    /// As it is on a link of that purpose.
    Greeting on(LinkPurpose purpose) {
        return purpose == LinkPurpose.VOTERS ? founding() : this;
    }

    /// The same in a cluster.
    public Greeting in(UUID cluster) {
        return new Greeting(cluster, node, incarnation, epoch, loops, loop);
    }

    /// The same in that life.
    public Greeting registered(long asEpoch) {
        return new Greeting(clusterId, node, incarnation, asEpoch, loops, loop);
    }

    /// The same at another loop.
    public Greeting at(int otherLoop) {
        return new Greeting(clusterId, node, incarnation, epoch, loops, otherLoop);
    }
}
