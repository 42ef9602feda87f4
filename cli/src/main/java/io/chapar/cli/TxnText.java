package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;

/// How transactions are put into words.
final class TxnText {
    /// Why nobody can say whose a transaction is.
    static final String UNTOLD = "no coordinator that could be asked knows its producer id, and not all could be";

    private TxnText() {
    }

    static String client(@Nullable String clientId, @Nullable String host) {
        if (clientId == null || host == null) {
            return "unknown: it has not opened a transaction since the broker started";
        }
        return (clientId.isEmpty() ? "without a name" : Words.shown(clientId)) + " at " + host;
    }

    static String timeout(int ms) {
        return ms == Integer.MAX_VALUE ? "none: it waits for whoever prepared it" : ms + " ms";
    }

    static String since(long startMs, int timeoutMs) {
        String age = duration(Math.max(0, System.currentTimeMillis() - startMs));
        return Instant.ofEpochMilli(startMs) + " (" + age
                + (timeoutMs == Integer.MAX_VALUE ? ")" : " of at most " + duration(timeoutMs) + ")");
    }

    static String duration(long ms) {
        Duration span = Duration.ofMillis(ms);
        if (span.toSeconds() < 120) {
            return span.toSeconds() + " s";
        }
        return span.toHours() < 2 ? span.toMinutes() + " min" : span.toHours() + " h";
    }
}
