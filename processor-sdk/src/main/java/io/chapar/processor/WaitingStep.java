package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/// One side of a join where records wait for their time. Each that waits is a timer in stream time among the rows of
/// the join's own state ([KeyRows]), so it is worked on, tried again and given up by itself: that it fails is not the
/// fault of the record with which its time has come.
interface WaitingStep<K, V, A, B> extends SideStep<K, V, A, B> {
    /// The time of this row's record has come. Nothing happens when it does not wait.
    void fire(byte[] row, Found found, Consumer<StreamRecord<A, B>> out);

    /// The record of this row as it was when it came to the step; null when it does not wait.
    @Nullable SourceRecord waiting(byte[] row, Rows rows);
}
