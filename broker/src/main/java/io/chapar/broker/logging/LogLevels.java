package io.chapar.broker.logging;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// How much each logger of this process says. Nothing of it outlives the process. From any thread.
public interface LogLevels {
    /// The name of the logger that all others are below.
    String ROOT = "root";

    /// @param from whose level it is: the logger's own name, or the nearest above it that has one
    record LoggerLevel(String logger, LogLevel level, String from) {
    }

    /// The root, then all loggers that there are and the packages that they are in, by name. Loggers come with the
    /// classes that use them; there are never more than the program has.
    List<LoggerLevel> all();

    /// Why no level can be changed, as a sentence; null when they can.
    @Nullable String whyFixed();

    /// @param levels by logger, each of which is there; null for the one it was started with, or else for that of the
    ///        nearest above
    void change(Map<String, @Nullable LogLevel> levels);
}
