package io.chapar.cli.otlp;

import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Where metrics go, how often, and with which headers: the first by the broker's setting, the others by the variables
/// that OpenTelemetry has for all programs. So no token for a header is among the settings, which are shown.
///
/// @param intervalMs from the beginning of a push to that of the next
public record OtlpAddress(URI uri, long intervalMs, Map<String, String> headers) {
    static final String INTERVAL = "OTEL_METRIC_EXPORT_INTERVAL";
    static final String HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";
    static final String METRICS_HEADERS = "OTEL_EXPORTER_OTLP_METRICS_HEADERS";
    private static final long USUAL_MS = 60_000;
    private static final long LEAST_MS = 100;
    private static final long MOST_MS = 86_400_000;
    private static final String PATH = "/v1/metrics";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}");

    /// Throws IllegalArgumentException with a sentence where a variable makes no sense.
    ///
    /// @param endpoint the setting, which was checked and is not empty
    public static OtlpAddress of(String endpoint, Map<String, String> environment) {
        URI uri = URI.create(endpoint);
        boolean isBare = (uri.getPath().isEmpty() || uri.getPath().equals("/")) && uri.getQuery() == null;
        return new OtlpAddress(isBare ? uri.resolve(PATH) : uri, interval(environment.get(INTERVAL)),
                headers(environment));
    }

    private static long interval(@Nullable String stated) {
        if (stated == null || stated.isBlank()) {
            return USUAL_MS;
        }
        try {
            long ms = Long.parseLong(stated.strip());
            if (ms >= LEAST_MS && ms <= MOST_MS) {
                return ms;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(INTERVAL + " is milliseconds, not '" + stated + "'.", e);
        }
        throw new IllegalArgumentException(
                INTERVAL + " is from " + LEAST_MS + " to " + MOST_MS + " ms, not " + stated.strip() + ".");
    }

    /// Those for metrics alone instead of those for all, where there are any.
    private static Map<String, String> headers(Map<String, String> environment) {
        String variable = environment.containsKey(METRICS_HEADERS) ? METRICS_HEADERS : HEADERS;
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String one : environment.getOrDefault(variable, "").split(",", -1)) {
            int equals = one.indexOf('=');
            String name = equals < 0 ? one.strip() : one.substring(0, equals).strip();
            if (equals < 0 && name.isEmpty()) {
                continue;
            }
            // Not shown: it may be a token.
            if (equals < 0 || !NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(variable + " is NAME=VALUE, with commas between several.");
            }
            headers.put(name, decoded(variable, one.substring(equals + 1).strip()));
        }
        return headers;
    }

    private static String decoded(String variable, String value) {
        try {
            String text = URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (text.chars().noneMatch(Character::isISOControl)) {
                return text;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(variable + " has a value that is not encoded as it should be.", e);
        }
        throw new IllegalArgumentException(variable + " has a value with a line break in it.");
    }

    /// Without the values of headers.
    @Override
    public String toString() {
        return uri + " every " + intervalMs + " ms with " + headers.keySet();
    }
}
