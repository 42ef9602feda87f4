package io.chapar.broker.logging;

import org.jspecify.annotations.Nullable;

import java.util.logging.Level;

/// How much a logger says, the least first. The names are those of Kafka's loggers, and OFF, with which one is silent:
/// nothing here is FATAL, so that both come to the same.
public enum LogLevel {
    OFF(Level.OFF), FATAL(new Above()), ERROR(Level.SEVERE), WARN(Level.WARNING), INFO(Level.INFO), DEBUG(Level.FINE),
    TRACE(Level.FINEST);

    /// Of the names, for whoever is told what there is.
    public static final String NAMES = "TRACE, DEBUG, INFO, WARN, ERROR, FATAL, OFF";

    @SuppressWarnings("ImmutableEnumChecker") // the JDK does not say so, but its levels are
    private final Level jdk;

    LogLevel(Level jdk) {
        this.jdk = jdk;
    }

    /// The JDK has none above its errors.
    private static final class Above extends Level {
        private static final long serialVersionUID = 1;

        Above() {
            super("FATAL", 1_100);
        }
    }

    /// As the JDK's loggers have it.
    Level jdk() {
        return jdk;
    }

    /// The one that lets pass what this level of the JDK's loggers does, of what is logged in these levels.
    static LogLevel of(Level level) {
        for (LogLevel each : values()) {
            if (level.intValue() >= each.jdk.intValue()) {
                return each;
            }
        }
        return TRACE;
    }

    /// Null where there is none of this name, which is in capitals.
    public static @Nullable LogLevel named(String name) {
        for (LogLevel each : values()) {
            if (each.name().equals(name)) {
                return each;
            }
        }
        return null;
    }
}
