package io.chapar.broker.logging;

import io.chapar.broker.logging.LogLevels.LoggerLevel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

import java.util.Collections;
import java.util.Map;
import java.util.logging.Logger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Alone, since loggers are of the process.
@Isolated
final class JdkLevelsTest {
    private static final String PACKAGE = "levels.of.tests";
    private static final Logger LOGGER = Logger.getLogger(PACKAGE + ".One");

    private static LoggerLevel level(LogLevels levels, String logger) {
        return levels.all().stream().filter(one -> one.logger().equals(logger)).findFirst().orElseThrow();
    }

    @Test
    void aPackageStandsForWhatIsInIt() {
        LogLevels levels = new JdkLevels(Map.of());
        assertEquals(LogLevels.ROOT, levels.all().getFirst().logger());
        LoggerLevel before = level(levels, LOGGER.getName());
        assertEquals(new LoggerLevel(PACKAGE, before.level(), LogLevels.ROOT), level(levels, PACKAGE));
        levels.change(Map.of(PACKAGE, LogLevel.TRACE));
        System.gc();
        assertTrue(LOGGER.isLoggable(LogLevel.TRACE.jdk()));
        assertEquals(new LoggerLevel(LOGGER.getName(), LogLevel.TRACE, PACKAGE), level(levels, LOGGER.getName()));
        levels.change(Map.of(LOGGER.getName(), LogLevel.OFF));
        assertFalse(LOGGER.isLoggable(LogLevel.ERROR.jdk()));
        assertEquals(LogLevel.OFF, level(levels, LOGGER.getName()).level());
        levels.change(Collections.singletonMap(LOGGER.getName(), null));
        levels.change(Collections.singletonMap(PACKAGE, null));
        assertNull(LOGGER.getLevel());
        assertEquals(before, level(levels, LOGGER.getName()));
    }

    @Test
    void whatIsTakenBackIsAsItWasStarted() {
        LogLevels levels = new JdkLevels(Map.of(LOGGER.getName(), LogLevel.ERROR));
        try {
            levels.change(Map.of(LOGGER.getName(), LogLevel.FATAL));
            assertFalse(LOGGER.isLoggable(LogLevel.ERROR.jdk()));
            assertEquals(LogLevel.FATAL, level(levels, LOGGER.getName()).level());
            levels.change(Collections.singletonMap(LOGGER.getName(), null));
            assertEquals(new LoggerLevel(LOGGER.getName(), LogLevel.ERROR, LOGGER.getName()),
                    level(levels, LOGGER.getName()));
        } finally {
            LOGGER.setLevel(null);
        }
    }

    @Test
    void everyLevelComesBackAsItself() {
        for (LogLevel level : LogLevel.values()) {
            assertEquals(level, LogLevel.of(level.jdk()));
            assertEquals(level, LogLevel.named(level.name()));
            assertTrue(LogLevel.NAMES.contains(level.name()));
        }
        assertNull(LogLevel.named("info"));
    }
}
