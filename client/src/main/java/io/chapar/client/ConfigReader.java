package io.chapar.client;

import io.chapar.protocol.WireWriter;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;

/// Reads settings by name from a map of strings or plain objects, checks bounds, and at the end refuses every name that
/// nobody asked for, with the nearest one that exists. Every fault is a [UsageException] that names the setting.
public final class ConfigReader {
    private final Map<String, Object> given = new LinkedHashMap<>();
    private final TreeSet<String> known = new TreeSet<>();

    public ConfigReader(Map<?, ?> settings) {
        for (Map.Entry<?, ?> entry : new LinkedHashMap<>(settings).entrySet()) {
            if (entry.getValue() != null) {
                given.put(String.valueOf(entry.getKey()), entry.getValue());
            }
        }
        if (settings instanceof Properties properties) {
            for (String name : properties.stringPropertyNames()) {
                given.putIfAbsent(name, properties.getProperty(name));
            }
        }
    }

    public String text(String name, String otherwise) {
        String text = text(name);
        return text == null ? otherwise : text;
    }

    /// Null where it is not set.
    public @Nullable String text(String name) {
        known.add(name);
        Object value = given.remove(name);
        return value == null ? null : value.toString().strip();
    }

    public List<String> list(String name, List<String> otherwise) {
        known.add(name);
        Object value = given.remove(name);
        if (value == null) {
            return otherwise;
        }
        List<String> items = new ArrayList<>();
        if (value instanceof Iterable<?> several) {
            several.forEach(item -> items.add(item.toString().strip()));
        } else {
            for (String item : value.toString().split(",", -1)) {
                if (!item.isBlank()) {
                    items.add(item.strip());
                }
            }
        }
        return items;
    }

    public int integer(String name, int otherwise) {
        long value = number(name, otherwise);
        return (int) requireBetween(name, value, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    public long number(String name, long otherwise) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException("Setting " + name + " must be a whole number, not \"" + text + "\"");
        }
    }

    public boolean flag(String name, boolean otherwise) {
        String text = text(name);
        if (text == null) {
            return otherwise;
        }
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new UsageException("Setting " + name + " must be true or false, not \"" + text + "\"");
        };
    }

    /// Refuses what is left over.
    public void finish() {
        if (given.isEmpty()) {
            return;
        }
        String name = given.keySet().iterator().next();
        if (name.endsWith("serializer") || name.endsWith("deserializer")) {
            throw new UsageException(
                    "Setting " + name + " does not exist here: give a Serde when the client is opened");
        }
        String nearest = nearest(name);
        throw new UsageException("Unknown setting \"" + name + "\""
                + (nearest == null ? "" : "; did you mean \"" + nearest + "\"?"));
    }

    /// `value` when it lies in the bounds, both included.
    public static long requireBetween(String name, long value, long lowest, long highest) {
        if (value < lowest || value > highest) {
            throw new UsageException("Setting " + name + " must be between " + lowest + " and " + highest
                    + ", not " + value);
        }
        return value;
    }

    /// What is sent with requests has to fit one of the wire's strings.
    public static void requireString(String name, @Nullable String value) {
        int bytes = value == null ? 0 : value.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > WireWriter.MAX_STRING_BYTES) {
            throw new UsageException("Setting " + name + " must be at most " + WireWriter.MAX_STRING_BYTES
                    + " bytes long, not " + bytes);
        }
    }

    private @Nullable String nearest(String name) {
        String best = null;
        // Only what may have been a slip of the fingers.
        int bestDistance = Math.max(2, name.length() / 3) + 1;
        for (String candidate : known) {
            int distance = distance(name, candidate);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best;
    }

    /// Edits (insert, drop, replace one character) from one text to the other.
    private static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }
}
