package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.function.Supplier;

/// A key of a table has another value. `after` null: it has none any more. What it had `before` costs something to
/// tell, so it is asked for.
record Change<V>(@Nullable V after, Supplier<@Nullable V> before) {
}
