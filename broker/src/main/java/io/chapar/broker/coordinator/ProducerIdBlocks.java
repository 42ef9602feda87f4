package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;

import java.util.function.Consumer;

/// Where blocks of producer ids come from: each is given once in the cluster's life, and recorded before it is given.
public interface ProducerIdBlocks {
    /// @param done runs on `caller`, once, with a block beyond all earlier ones, or null when there is none now
    void next(Loop caller, Consumer<Block> done);

    record Block(long first, int count) {}
}
