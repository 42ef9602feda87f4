package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.runtime.Loop;

/// Where connections live.
///
/// @param traffic of the loop
/// @param kept by all connections of the loop
public record ConnectionSetup<B>(
        Loop loop,
        RequestHost host,
        ServerLimits limits,
        ConnectionBudgets budgets,
        TrafficMeters traffic,
        KeptBytes kept,
        FrameMemory<B> memory) {

    /// Up to this size a frame is none of the business of what all share for frames. Less than usual where so many may
    /// come that all of theirs would be too much.
    int smallFrame() {
        return ConnectionBudgets.smallFrame(budgets.frames().limit(), limits.maxConnections());
    }
}
