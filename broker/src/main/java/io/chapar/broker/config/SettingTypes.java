package io.chapar.broker.config;

import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;

/// How the values of settings are checked. Every check gives the rest of a sentence that begins with the setting's
/// name, or null when the value is fine.
final class SettingTypes {
    /// Kind of value, by the number the wire gives it in DescribeConfigs.
    enum Kind {
        BOOLEAN(1), STRING(2), INT(3), LONG(5), DOUBLE(6), LIST(7);

        private final int wire;

        Kind(int wire) {
            this.wire = wire;
        }

        byte wire() {
            return (byte) wire;
        }
    }

    private static final int MOST_NAME_CHARS = 200;

    interface Check {
        @Nullable String problem(String value);
    }

    private SettingTypes() {}

    static Check integer(long lowest, long highest) {
        return value -> {
            try {
                long number = Long.parseLong(value.strip());
                if (number >= lowest && number <= highest) {
                    return null;
                }
            } catch (NumberFormatException notANumber) {
                return "must be a whole number, not '" + value + "'";
            }
            return highest == Long.MAX_VALUE || highest == Integer.MAX_VALUE
                    ? "must be at least " + lowest + ", not " + value
                    : "must be between " + lowest + " and " + highest + ", not " + value;
        };
    }

    /// As Kafka writes them: all, or partitions with brokers.
    static Check throttledReplicas() {
        return value -> value.strip().matches("\\*|(\\d{1,9}:\\d{1,9}(\\s*,\\s*\\d{1,9}:\\d{1,9})*+)?") ? null
                : "must be * or a list of partition:broker, not '" + value + "'";
    }

    static Check compressionLevel(Compression codec) {
        return switch (codec) {
            case GZIP -> value -> value.strip().equals(Integer.toString(codec.defaultLevel())) ? null
                    : integer(1, 9).problem(value);
            case LZ4 -> integer(1, 17);
            case ZSTD -> integer(-131_072, 22);
            case NONE, SNAPPY -> throw new IllegalArgumentException(codec + " has no levels");
        };
    }

    static Check fraction() {
        return value -> {
            try {
                double number = Double.parseDouble(value.strip());
                return number >= 0 && number <= 1 ? null : "must be between 0 and 1, not " + value;
            } catch (NumberFormatException notANumber) {
                return "must be a number, not '" + value + "'";
            }
        };
    }

    /// A number above 0, perhaps with a fraction.
    static Check positive() {
        return value -> {
            try {
                double number = Double.parseDouble(value.strip());
                return number > 0 ? null : "must be above 0, not " + value;
            } catch (NumberFormatException notANumber) {
                return "must be a number, not '" + value + "'";
            }
        };
    }

    static Check bool() {
        return value -> value.equals("true") || value.equals("false") ? null
                : "must be true or false, not '" + value + "'";
    }

    /// Any other value would promise what is not there.
    static Check only(String allowed, String because) {
        return value -> value.equals(allowed) ? null : "can be " + allowed + " alone: " + because;
    }

    static Check oneOf(String... allowed) {
        List<String> all = List.of(allowed);
        return value -> all.contains(value) ? null
                : "must be one of " + String.join(", ", all) + ", not '" + value + "'";
    }

    /// A comma-separated list, possibly empty, of the allowed words.
    static Check listOf(String... allowed) {
        List<String> all = List.of(allowed);
        return value -> value.isEmpty()
                || Arrays.stream(value.split(",", -1)).map(String::strip).allMatch(all::contains)
                ? null : "must be a list of " + String.join(", ", all) + ", not '" + value + "'";
    }

    /// Empty, or where to find somebody who speaks HTTP; with no password in it, for settings are shown.
    static Check httpAddress() {
        return value -> {
            try {
                return value.isEmpty() || isOfHttp(new URI(value)) ? null : noHttpAddress(value);
            } catch (URISyntaxException e) {
                return noHttpAddress(value);
            }
        };
    }

    private static boolean isOfHttp(URI address) {
        return List.of("http", "https").contains(String.valueOf(address.getScheme()))
                && address.getHost() != null && address.getUserInfo() == null && address.getFragment() == null;
    }

    private static String noHttpAddress(String value) {
        return "must be http://HOST:PORT or https://HOST:PORT, not '" + value + "'";
    }

    static Check any() {
        return value -> null;
    }

    /// `; did you mean 'x'?` where a known key is so near that the other may be a slip of the fingers, else a full
    /// stop.
    static String suggestion(String key, Iterable<String> known) {
        String nearest = nearest(key, known);
        return nearest == null ? "." : "; did you mean '" + nearest + "'?";
    }

    /// By edit distance; null when none is near. No name is so long that what is longer could be near it.
    private static @Nullable String nearest(String key, Iterable<String> known) {
        if (key.length() > MOST_NAME_CHARS) {
            return null;
        }
        String best = null;
        int bestDistance = Math.max(2, key.length() / 3) + 1;
        for (String candidate : known) {
            int distance = distance(key, candidate);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best;
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
