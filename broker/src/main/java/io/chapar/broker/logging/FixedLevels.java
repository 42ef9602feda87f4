package io.chapar.broker.logging;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Of a broker inside another program, which logs as that program does: they are shown, of the root and of this broker
/// as a whole.
final class FixedLevels implements LogLevels {
    private static final String BROKER = "io.chapar.broker";

    @Override
    public List<LoggerLevel> all() {
        return List.of(level(ROOT), level(BROKER));
    }

    private static LoggerLevel level(String name) {
        Logger logger = LoggerFactory.getLogger(name.equals(ROOT) ? Logger.ROOT_LOGGER_NAME : name);
        LogLevel least = LogLevel.OFF;
        for (Level level : List.of(Level.ERROR, Level.WARN, Level.INFO, Level.DEBUG, Level.TRACE)) {
            if (logger.isEnabledForLevel(level)) {
                least = LogLevel.valueOf(level.name().toUpperCase(Locale.ROOT));
            }
        }
        return new LoggerLevel(name, least, name);
    }

    @Override
    public String whyFixed() {
        return "What is logged is said where the program is started that this broker is a part of.";
    }

    @Override
    public void change(Map<String, @Nullable LogLevel> levels) {
        throw new IllegalStateException(whyFixed());
    }
}
