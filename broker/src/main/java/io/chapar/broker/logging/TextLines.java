package io.chapar.broker.logging;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/// `2026-03-01T12:00:00.000+01:00 WARN Server - ` and the message, on one line; behind it where a failure happened,
/// each line of which begins with a tab or with the failure.
final class TextLines extends Formatter {
    private final DateTimeFormatter time;

    /// @param zone of the times
    TextLines(ZoneId zone) {
        time = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSXXX").withZone(zone);
    }

    @Override
    public String format(LogRecord said) {
        StringBuilder text = new StringBuilder(160);
        time.formatTo(said.getInstant(), text);
        String logger = Said.logger(said);
        text.append(' ').append(LogLevel.of(said.getLevel()))
                .append(' ').append(logger, logger.lastIndexOf('.') + 1, logger.length())
                .append(" - ").append(OneLine.of(Said.message(said))).append('\n');
        if (said.getThrown() != null) {
            OneLine.trace(said.getThrown()).forEach(line -> text.append(line).append('\n'));
        }
        return text.toString();
    }
}
