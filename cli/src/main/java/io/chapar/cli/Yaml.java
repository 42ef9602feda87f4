package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Writes what [Json] writes as YAML 1.2, in blocks. Texts are quoted as in JSON, which YAML understands: no text is
/// taken for a number or for the answer no.
final class Yaml {
    private static final String STEP = "  ";

    private Yaml() {
    }

    static void print(Object value, PrintWriter out) {
        if (isBlock(value)) {
            block(value, "", out);
        } else {
            out.println(scalar(value));
        }
    }

    private static boolean isBlock(@Nullable Object value) {
        return switch (value) {
            case Map<?, ?> map -> !map.isEmpty();
            case Iterable<?> items -> items.iterator().hasNext();
            case null, default -> false;
        };
    }

    private static void block(Object value, String indent, PrintWriter out) {
        if (value instanceof Map<?, ?> map) {
            map.forEach((key, item) -> entry(indent + key(String.valueOf(key)) + ":", item, indent, out));
        } else {
            for (Object item : (Iterable<?>) value) {
                if (item instanceof Map<?, ?> map && !map.isEmpty()) {
                    String[] before = {indent + "- "};
                    map.forEach((key, inner) -> {
                        entry(before[0] + key(String.valueOf(key)) + ":", inner, indent + STEP, out);
                        before[0] = indent + STEP;
                    });
                } else {
                    entry(indent + "-", item, indent, out);
                }
            }
        }
    }

    private static void entry(String begin, @Nullable Object value, String indent, PrintWriter out) {
        if (isBlock(value)) {
            out.println(begin);
            block(requireNonNull(value), indent + STEP, out);
        } else {
            out.println(begin + " " + scalar(value));
        }
    }

    private static String key(String name) {
        return name.matches("[A-Za-z_][A-Za-z0-9_.-]*") && !name.matches("(?i)y|n|yes|no|on|off|true|false|null|nan")
                ? name : Json.text(name);
    }

    private static String scalar(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> _ -> "{}";
            case List<?> _ -> "[]";
            case Number number -> number.toString();
            case Boolean truth -> truth.toString();
            default -> Json.text(value.toString());
        };
    }
}
