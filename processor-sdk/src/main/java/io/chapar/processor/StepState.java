package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What one stateful step knows in one partition, as one record finds it, and changes. Arrays are never changed.
interface StepState {
    byte @Nullable [] get(byte[] key);

    /// `value` null removes the key.
    void put(byte[] key, byte @Nullable [] value);
}
