package io.chapar.processor;

import java.util.function.Consumer;

/// One side of a join where records wait for their time, as rows of the join's own state.
interface WaitingStep<K, V, A, B> extends SideStep<K, V, A, B>, DueStep {
    /// The time of this row's record has come. `origin`: of what comes of it, where the record's own is not known any
    /// more. Nothing happens when it does not wait.
    void fire(byte[] row, StreamRecord.Origin origin, Found found, Consumer<StreamRecord<A, B>> out);
}
