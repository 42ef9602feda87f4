package io.chapar.broker.logging;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/// What the JDK's records of events say, where they may say nothing.
final class Said {
    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private Said() {}

    static String utc(LogRecord said) {
        return UTC.format(said.getInstant());
    }

    static String logger(LogRecord said) {
        String name = said.getLoggerName();
        return name == null || name.isEmpty() ? LogLevels.ROOT : name;
    }

    /// With its parameters, where the JDK's own classes log. What comes by SLF4J has none left.
    static String message(LogRecord said) {
        if (said.getMessage() == null) {
            return "";
        }
        return said.getParameters() == null ? said.getMessage() : new SimpleFormatter().formatMessage(said);
    }
}
