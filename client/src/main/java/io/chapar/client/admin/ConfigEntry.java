package io.chapar.client.admin;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// A setting as it is in force.
///
/// @param value null where the broker keeps it to itself
/// @param about what the broker says of it; empty where it says nothing
/// @param readOnly whether it can be changed at no time while the broker runs
/// @param synonyms what was said of it where, the one in force first
public record ConfigEntry(
        String name, @Nullable String value, Source source, String about, boolean readOnly, List<Synonym> synonyms) {
    public ConfigEntry {
        synonyms = List.copyOf(synonyms);
    }

    /// @param name under which it was said: a topic's setting has another where it is a broker's
    public record Synonym(String name, @Nullable String value, Source source) {
    }

    /// Whose word the value is: the topic's own, what the broker or all brokers were given while they run, what the
    /// broker was started with, or nobody's.
    public enum Source {
        TOPIC,
        BROKER_WHILE_RUNNING,
        ALL_BROKERS,
        BROKER,
        DEFAULT
    }
}
