package io.chapar.processor;

import java.util.function.Consumer;

/// A stateful step that does something at its times too. Its timers are rows of its store ([KeyRows]).
interface TimedStep<K, V, A, B> extends StatefulStep<K, V, A, B> {
    boolean hasTimers();

    /// The timer of this row is due. `origin`: of what comes of it. Nothing happens when it is not set.
    void fire(byte[] row, StreamRecord.Origin origin, StepState state, Consumer<StreamRecord<A, B>> out);

    /// The timer of this row is given up.
    static void discard(byte[] row, StepState state) {
        if (state.get(row) != null) {
            state.put(row, null);
            state.put(KeyRows.Timer.of(row).timeRow(), null);
        }
    }
}
