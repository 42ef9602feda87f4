package io.chapar.broker.handler;

import io.chapar.broker.config.LogSettings;
import io.chapar.broker.handler.AlterConfigsHandler.Refusal;
import io.chapar.broker.logging.LogLevel;
import io.chapar.broker.logging.LogLevels;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Which levels may be changed while a broker runs.
final class LoggerConfigsTest {
    private static final String SERVER = "io.chapar.broker.net.Server";

    private final Map<String, @Nullable LogLevel> changed = new TreeMap<>();
    private final LogLevels loggers = new LogLevels() {
        @Override
        public List<LoggerLevel> all() {
            return List.of(new LoggerLevel(ROOT, LogLevel.WARN, ROOT), new LoggerLevel(SERVER, LogLevel.WARN, ROOT),
                    new LoggerLevel(LogSettings.ADMIN_LOGGER, LogLevel.INFO, LogSettings.ADMIN_LOGGER));
        }

        @Override
        public @Nullable String whyFixed() {
            return null;
        }

        @Override
        public void change(Map<String, @Nullable LogLevel> levels) {
            changed.putAll(levels);
        }
    };

    @Test
    void aLevelIsChanged() {
        Refusal refusal = LoggerConfigs.change(loggers, Map.of(SERVER, "TRACE"), false);
        assertEquals(ErrorCode.NONE, refusal.error());
        assertEquals(Map.of(SERVER, LogLevel.TRACE), changed);
    }

    /// Whoever changes something could hide it, and that it was hidden.
    @Test
    void nobodySilencesWhatSaysWhoChangedWhat() {
        for (Map<String, @Nullable String> values : List.<Map<String, @Nullable String>>of(
                Map.of(LogSettings.ADMIN_LOGGER, "OFF", SERVER, "TRACE"),
                Collections.singletonMap(LogSettings.ADMIN_LOGGER, null))) {
            Refusal refusal = LoggerConfigs.change(loggers, values, false);
            assertEquals(ErrorCode.INVALID_REQUEST, refusal.error());
            assertEquals("The level of 'io.chapar.broker.admin' is said where the broker is started, in log.levels.",
                    refusal.message());
            assertEquals(Map.of(), changed);
        }
    }
}
