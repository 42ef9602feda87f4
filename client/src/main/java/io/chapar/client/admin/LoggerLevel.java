package io.chapar.client.admin;

import org.jspecify.annotations.Nullable;

/// How much a logger of a broker says.
///
/// @param level TRACE, DEBUG, INFO, WARN, ERROR, FATAL or OFF
/// @param from the logger whose level it is, this one or one above it; null where the broker does not say
public record LoggerLevel(String logger, String level, @Nullable String from) {
}
