package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What one stateful step knows in one partition, as one record finds it, and changes. Arrays are never changed.
interface StepState extends Rows {
    /// `value` null removes the key.
    void put(byte[] key, byte @Nullable [] value);

    /// The record changes nothing here, since it came too late. `topic` null: it is only counted.
    void late(String why, @Nullable String topic);

    /// The record changes nothing here, since it has no key, or no value where one is needed.
    void passedOver();

    /// By the clock of the instance, in milliseconds since 1970; the same throughout an attempt.
    long wallClockMs();
}
