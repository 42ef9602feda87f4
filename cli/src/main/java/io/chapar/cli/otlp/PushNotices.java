package io.chapar.cli.otlp;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Objects;

/// What the log is told of pushes: that they fail, when that begins and every ten minutes while it lasts, and that they
/// come through again.
final class PushNotices {
    private static final Duration SILENCE = Duration.ofMinutes(10);
    private static final int MOST_CHARS = 300;

    /// When it was last said that they fail; null while they do not.
    private @Nullable Long saidNs;

    /// Whether to say that a push failed.
    boolean failed(long nowNs) {
        if (saidNs != null && nowNs - saidNs < SILENCE.toNanos()) {
            return false;
        }
        saidNs = nowNs;
        return true;
    }

    /// Whether to say that a push came through.
    boolean succeeded() {
        boolean isNews = saidNs != null;
        saidNs = null;
        return isNews;
    }

    /// The innermost cause, on one line.
    static String reason(@Nullable Throwable why) {
        if (why == null) {
            return "no answer came in time";
        }
        Throwable cause = why;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String text = Objects.requireNonNullElse(cause.getMessage(), cause.getClass().getSimpleName())
                .replaceAll("\\p{Cntrl}", " ");
        return text.length() <= MOST_CHARS ? text : text.substring(0, MOST_CHARS) + "...";
    }
}
