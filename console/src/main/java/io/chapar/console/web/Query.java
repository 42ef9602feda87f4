package io.chapar.console.web;

import org.jspecify.annotations.Nullable;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// What a request asks a view for. What is missing, too long or no number is a [Refusal].
public final class Query {
    /// Of a query as it was sent, and of each value in what is sent: Kafka's protocol has no strings above 32 KB.
    static final int MOST_CHARACTERS = 8_192;
    private static final int MOST_PARAMETERS = 16;

    private final Map<String, String> values;

    private Query(Map<String, String> values) {
        this.values = values;
    }

    public static Query of(Map<String, String> values) {
        values.forEach((name, value) -> {
            if (value.length() > MOST_CHARACTERS) {
                throw Refusal.badRequest("The parameter '" + name + "' has at most " + MOST_CHARACTERS
                        + " characters");
            }
        });
        return new Query(Map.copyOf(values));
    }

    /// @param raw behind the question mark, still encoded; null where there is none
    static Query parse(@Nullable String raw) {
        Map<String, String> values = new LinkedHashMap<>();
        if (raw == null || raw.isEmpty()) {
            return new Query(values);
        }
        if (raw.length() > MOST_CHARACTERS) {
            throw new Refusal(414, "A query has at most " + MOST_CHARACTERS + " characters");
        }
        String[] all = raw.split("&", MOST_PARAMETERS + 1);
        if (all.length > MOST_PARAMETERS) {
            throw Refusal.badRequest("A query has at most " + MOST_PARAMETERS + " parameters");
        }
        for (String one : all) {
            int equals = one.indexOf('=');
            if (equals > 0) {
                values.put(decoded(one.substring(0, equals)), decoded(one.substring(equals + 1)));
            }
        }
        return new Query(values);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusal.badRequest("The query is not encoded as it should be: " + e.getMessage());
        }
    }

    public String text(String name) {
        String value = textOrNull(name);
        if (value == null) {
            throw Refusal.badRequest("The parameter '" + name + "' is missing");
        }
        return value;
    }

    /// Null where it is missing or empty.
    public @Nullable String textOrNull(String name) {
        String value = values.get(name);
        return value == null || value.isEmpty() ? null : value;
    }

    public boolean flag(String name) {
        return "true".equals(values.get(name));
    }

    /// @param byDefault where it is missing
    public int count(String name, int byDefault, int least, int most) {
        long number = number(name, byDefault);
        if (number < least || number > most) {
            throw Refusal.badRequest("The parameter '" + name + "' is a number from " + least + " to " + most);
        }
        return (int) number;
    }

    public long number(String name, long byDefault) {
        String value = textOrNull(name);
        if (value == null) {
            return byDefault;
        }
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Refusal.badRequest("The parameter '" + name + "' is a number");
        }
    }
}
