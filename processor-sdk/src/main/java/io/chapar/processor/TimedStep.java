package io.chapar.processor;

import java.util.function.Consumer;

/// A stateful step that does something at its times too: with timers, or with what windows give when they close.
interface TimedStep<K, V, A, B> extends StatefulStep<K, V, A, B>, DueStep {
    /// This row is due. `origin`: of what comes of it. Nothing happens when it is not there any more.
    void fire(byte[] row, StreamRecord.Origin origin, StepState state, Consumer<StreamRecord<A, B>> out);
}
