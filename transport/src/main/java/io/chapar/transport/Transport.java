package io.chapar.transport;

import java.util.function.Consumer;

/// The door to the brokers, for cores. On the loop only; `done` runs on the loop, exactly once, never inside `send`.
///
/// Calls to one node in one lane leave in the order in which they were given, on one connection while it lasts, and a
/// broker handles them in that order. Across a broken connection there is no order.
public interface Transport {
    void send(Node node, Call call, Consumer<CallResult> done);

    /// The cluster's features as far as any node has told.
    FinalizedFeatures features();

    /// The highest version of this call's API that both sides know, if a connection to the node was ever negotiated,
    /// else -1.
    short agreedVersion(Node node, Call call);

    /// Fails what is outstanding with [CallResult.NoAnswer] and closes the connections.
    void close();
}
