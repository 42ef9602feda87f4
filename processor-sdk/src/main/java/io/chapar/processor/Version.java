package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What a key had from `fromMs` on and before `toMs`, in milliseconds since 1970. `toMs` null: nothing has come after
/// it, so that it is what the key has.
public record Version<V>(V value, long fromMs, @Nullable Long toMs) {
}
