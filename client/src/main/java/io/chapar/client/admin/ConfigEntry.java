package io.chapar.client.admin;

import org.jspecify.annotations.Nullable;

/// A setting as it is in force.
///
/// @param value null where the broker keeps it to itself
public record ConfigEntry(String name, @Nullable String value, Source source) {
    /// Whose word the value is: the topic's own, that of the broker as it was started or changed since, or nobody's.
    public enum Source {
        TOPIC,
        BROKER,
        DEFAULT
    }
}
