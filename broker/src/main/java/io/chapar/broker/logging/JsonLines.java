package io.chapar.broker.logging;

import io.chapar.broker.http.JsonText;
import org.slf4j.MDC;

import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/// One object on one line: `time` (UTC), `level`, `logger`, `thread`, `message`; `error` with where a failure happened;
/// and what else is known of the event by its names.
final class JsonLines extends Formatter {
    @Override
    public String format(LogRecord said) {
        StringBuilder line = new StringBuilder(240);
        line.append("{\"time\":\"").append(Said.utc(said)).append('"');
        field(line, "level", LogLevel.of(said.getLevel()).name());
        field(line, "logger", Said.logger(said));
        field(line, "thread", Thread.currentThread().getName());
        field(line, "message", Said.message(said));
        Map<String, String> known = MDC.getCopyOfContextMap();
        if (known != null) {
            new TreeMap<>(known).forEach((name, value) -> field(line, name, value));
        }
        if (said.getThrown() != null) {
            field(line, "error", String.join("\n", OneLine.trace(said.getThrown())));
        }
        return line.append("}\n").toString();
    }

    private static void field(StringBuilder line, String name, String value) {
        boolean isLong = value.length() > OneLine.MOST_CHARS && !name.equals("error");
        line.append(",\"").append(name).append("\":")
                .append(JsonText.quoted(isLong ? value.substring(0, OneLine.MOST_CHARS) + "..." : value));
    }
}
