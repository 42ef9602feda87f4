package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Which records of each partition are wanted: from where, and to where. In the manner of rpk:
///
/// ```
/// earliest, start | latest, end       N        -N: the last N       +N: beyond the first
/// @TIME: the first at or after it     FROM:TO, FROM:, :TO; TO is an offset that is not read, end, or @TIME
/// ```
/// A time is milliseconds or seconds since 1970, a date and time, or as long ago as `-90s`, `-5m`, `-1h`, `-2d` say.
record OffsetRange(Start start, @Nullable End end) {
    private static final Pattern AGO = Pattern.compile("-(\\d{1,9})(ms|s|m|h|d)");
    private static final Pattern SINCE_1970 = Pattern.compile("\\d{1,15}");
    /// What is less, as milliseconds, lies before 1974, and is taken for seconds.
    private static final long LEAST_MS = 100_000_000_000L;

    sealed interface Start {
        record Earliest() implements Start {}

        record Latest() implements Start {}

        record At(long offset) implements Start {}

        record Last(long count) implements Start {}

        record Beyond(long count) implements Start {}

        record Since(long timestampMs) implements Start {}
    }

    sealed interface End {
        /// Where the partition ends when it is asked.
        record Now() implements End {}

        record Before(long offset) implements End {}

        record Until(long timestampMs) implements End {}
    }

    /// Null when it is none.
    static @Nullable OffsetRange parse(String text, long nowMs) {
        Start whole = start(text, nowMs);
        if (whole != null) {
            return new OffsetRange(whole, null);
        }
        for (int at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
            Start start = at == 0 ? new Start.Earliest() : start(text.substring(0, at), nowMs);
            String rest = text.substring(at + 1);
            boolean isTime = start instanceof Start.Since;
            End end = rest.isEmpty() ? null : end(rest, isTime, nowMs);
            if (start != null && (end != null || rest.isEmpty())) {
                return new OffsetRange(start, end);
            }
        }
        return null;
    }

    private static @Nullable Start start(String text, long nowMs) {
        switch (text) {
            case "earliest", "start", "beginning" -> {
                return new Start.Earliest();
            }
            case "latest", "end" -> {
                return new Start.Latest();
            }
            default -> { }
        }
        if (text.startsWith("@")) {
            Long time = time(text.substring(1), nowMs);
            return time == null ? null : new Start.Since(time);
        }
        boolean isSigned = text.startsWith("-") || text.startsWith("+");
        Long number = number(isSigned ? text.substring(1) : text);
        if (number == null) {
            return null;
        }
        return text.startsWith("-") ? new Start.Last(number)
                : isSigned ? new Start.Beyond(number) : new Start.At(number);
    }

    private static @Nullable End end(String text, boolean afterTime, long nowMs) {
        if (text.equals("end") || text.equals("latest")) {
            return new End.Now();
        }
        if (text.startsWith("@") || afterTime) {
            Long time = time(text.startsWith("@") ? text.substring(1) : text, nowMs);
            return time == null ? null : new End.Until(time);
        }
        Long number = number(text);
        return number == null ? null : new End.Before(number);
    }

    private static @Nullable Long number(String text) {
        return text.matches("\\d{1,18}") ? Long.valueOf(text) : null;
    }

    /// In ms since 1970; null when it is none.
    static @Nullable Long time(String text, long nowMs) {
        Matcher ago = AGO.matcher(text);
        if (ago.matches()) {
            return nowMs - duration(Long.parseLong(ago.group(1)), ago.group(2)).toMillis();
        }
        if (SINCE_1970.matcher(text).matches()) {
            long number = Long.parseLong(text);
            return number < LEAST_MS ? number * 1000 : number;
        }
        try {
            return OffsetDateTime.parse(text.toUpperCase(Locale.ROOT)).toInstant().toEpochMilli();
        } catch (DateTimeException notOne) {
            return localTime(text);
        }
    }

    private static @Nullable Long localTime(String text) {
        try {
            LocalDateTime local = text.length() > "yyyy-mm-dd".length()
                    ? LocalDateTime.parse(text.replace(' ', 'T')) : LocalDate.parse(text).atStartOfDay();
            return local.atZone(ZoneId.systemDefault()).toInstant().toEpochMilli();
        } catch (DateTimeException notOne) {
            return null;
        }
    }

    private static Duration duration(long number, String unit) {
        return switch (unit) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }
}
