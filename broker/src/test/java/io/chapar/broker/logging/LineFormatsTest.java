package io.chapar.broker.logging;

import org.junit.jupiter.api.Test;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What lines of the log look like, whatever is said in them.
final class LineFormatsTest {
    private static final Formatter TEXT = new TextLines(ZoneId.of("Asia/Tehran"));
    private static final Formatter JSON = new JsonLines();

    private static LogRecord said(Level level, String message) {
        LogRecord said = new LogRecord(level, message);
        said.setLoggerName("io.chapar.broker.net.Server");
        said.setInstant(Instant.parse("2026-03-01T12:00:00.1Z"));
        return said;
    }

    @Test
    void aTextHasTimeLevelLoggerAndMessage() {
        assertEquals("2026-03-01T15:30:00.100+03:30 WARN Server - Something happened at \u0631\u0634\u062a\n",
                TEXT.format(said(Level.WARNING, "Something happened at \u0631\u0634\u062a")));
        assertEquals("2026-03-01T15:30:00.100+03:30 DEBUG Server - x\n", TEXT.format(said(Level.FINE, "x")));
    }

    @Test
    void anObjectHasTheSameByNames() {
        assertEquals("{\"time\":\"2026-03-01T12:00:00.100Z\",\"level\":\"ERROR\","
                + "\"logger\":\"io.chapar.broker.net.Server\",\"thread\":\"" + Thread.currentThread().getName()
                + "\",\"message\":\"a \\\"b\\\" \\\\ c\"}\n", JSON.format(said(Level.SEVERE, "a \"b\" \\ c")));
    }

    @Test
    void nobodyBeginsALine() {
        LogRecord forged = said(Level.WARNING, "x\n2026-03-01T15:30:00.100+03:30 INFO Server"
                + " - forged\r\u001b[2J\u2028\u202e");
        forged.setThrown(new IllegalStateException("y\nat z\n", new IllegalArgumentException("c\nd")));
        List<String> text = TEXT.format(forged).lines().toList();
        assertEquals("2026-03-01T15:30:00.100+03:30 WARN Server - x\\u000a2026-03-01T15:30:00.100+03:30 INFO Server"
                + " - forged\\u000d\\u001b[2J\\u2028\\u202e", text.getFirst());
        assertEquals("java.lang.IllegalStateException: y\\u000aat z\\u000a", text.get(1));
        assertTrue(text.stream().skip(2).allMatch(line -> line.startsWith("\tat ")
                || line.equals("Caused by: java.lang.IllegalArgumentException: c\\u000ad") || line.startsWith("\t...")),
                text.toString());
        assertEquals(1, JSON.format(forged).lines().count());
        assertTrue(JSON.format(forged).contains("\"error\":\"java.lang.IllegalStateException: y\\\\u000aat z"));
    }

    /// Some who read lines end them at more characters than others, and terminals obey some that are neither.
    @Test
    void anObjectHasNoCharacterThatIsNotSeen() {
        String hidden = "a\u0085b\u2028c\u2029d\u009b2Je\u007ff\u202eg\ud83dh\udb40\udc41";
        String line = JSON.format(said(Level.WARNING, hidden + "\ud83d\ude00\u0631"));
        assertTrue(line.contains("a\\u0085b\\u2028c\\u2029d\\u009b2Je\\u007ff\\u202eg\\ud83dh"
                + "\\udb40\\udc41\ud83d\ude00\u0631\""), line);
    }

    @Test
    void aLineHasAnEnd() {
        LogRecord longest = said(Level.WARNING, "\n".repeat(1_000_000));
        assertTrue(TEXT.format(longest).length() < 60_000);
        assertTrue(TEXT.format(longest).endsWith("(991808 more characters)\n"));
        assertTrue(JSON.format(longest).length() < 60_000);
        Throwable cause = new IllegalStateException("0");
        for (int i = 0; i < 1_000; i++) {
            cause = new IllegalStateException("x".repeat(100_000), cause);
        }
        longest.setThrown(cause);
        assertTrue(TEXT.format(longest).length() < 300_000, () -> Integer.toString(TEXT.format(longest).length()));
    }

    @Test
    void causesThatGoInACircleEnd() {
        Exception first = new IllegalStateException("first");
        first.initCause(new IllegalStateException("second", first));
        assertEquals(2, OneLine.trace(first).stream().filter(line -> !line.startsWith("\t")).count());
    }

    @Test
    void halfACharacterIsShownAsWhatItIs() {
        assertEquals("a\\ud83db", OneLine.of("a\ud83db"));
        assertEquals("\ud83d\ude00", OneLine.of("\ud83d\ude00"));
        assertEquals("\\ud83d... (1 more characters)", OneLine.of("\ud83d\ude00", 1));
    }
}
