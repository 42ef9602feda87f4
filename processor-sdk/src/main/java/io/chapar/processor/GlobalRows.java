package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What the global tables of an application have. From any thread.
@FunctionalInterface
interface GlobalRows {
    /// Of a topology without any.
    GlobalRows NONE = (topic, key) -> {
        throw new IllegalStateException("Nobody reads the global table of " + topic);
    };

    /// Null when the key has nothing. The array is not to be changed.
    byte @Nullable [] get(String topic, byte[] key);
}
