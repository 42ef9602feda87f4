package io.chapar.processor;

import java.util.function.Consumer;

/// What one side of a join does with one record and with what the steps of its stage know. Must give the same whenever
/// it finds the same.
@FunctionalInterface
interface SideStep<K, V, A, B> {
    interface Found {
        /// What this step knows.
        StepState of(String step);

        /// The record changes nothing here, since it has no key, or no value where one is needed.
        void passedOver();
    }

    void accept(StreamRecord<K, V> record, Found found, Consumer<StreamRecord<A, B>> out);
}
