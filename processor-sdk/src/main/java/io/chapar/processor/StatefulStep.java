package io.chapar.processor;

import java.util.function.Consumer;

/// What a step does with one record and with what it knows. Must give the same whenever it finds the same.
interface StatefulStep<K, V, A, B> {
    Layout layout();

    /// Whether what it finds and changes for a record hangs on no record of another key.
    boolean keysAreIndependent();

    void accept(StreamRecord<K, V> record, StepState state, Consumer<StreamRecord<A, B>> out);
}
