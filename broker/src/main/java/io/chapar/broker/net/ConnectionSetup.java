package io.chapar.broker.net;

import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.runtime.Loop;

/// Where connections live.
///
/// @param traffic of the loop
public record ConnectionSetup<B>(
        Loop loop,
        RequestHost host,
        ServerLimits limits,
        ConnectionBudgets budgets,
        TrafficMeters traffic,
        FrameMemory<B> memory) {}
