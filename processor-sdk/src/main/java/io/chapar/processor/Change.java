package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.Supplier;

/// A key of a table has another value. `after` null: it has none any more. What it had `before` costs something to
/// tell, so it is asked for. `isLatest` false: that was so at a time for which a later one is known, so what the key
/// has now is what it was.
record Change<V>(@Nullable V after, Supplier<@Nullable V> before, boolean isLatest) {
    Change(@Nullable V after, Supplier<@Nullable V> before) {
        this(after, before, true);
    }
}
