package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;

/// How long the settings of topics, brokers, groups and clients' metrics may be together: every broker keeps all of
/// them in memory, and writes them into one snapshot. Pure; of one command.
final class SettingsRoom {
    /// Names and values. Hundreds for each of as many topics as there can be.
    static final int MOST_CHARS = 16 << 20;

    private final ClusterImage image;
    /// -1 while nobody asked.
    private long chars = -1;

    SettingsRoom(ClusterImage image) {
        this.image = image;
    }

    /// Why there is no room for these in the place of those, as a sentence; null when there is, and then it is taken.
    @Nullable String take(SortedMap<String, String> after, SortedMap<String, String> before) {
        long growth = chars(after) - chars(before);
        if (growth <= 0) {
            return null;
        }
        if (chars < 0) {
            chars = 0;
            image.topics().values().forEach(topic -> chars += chars(topic.config()));
            image.settings().configs().values().forEach(config -> chars += chars(config));
        }
        if (chars + growth > MOST_CHARS) {
            return "All settings of topics, brokers, groups and clients' metrics together may have " + MOST_CHARS
                    + " characters.";
        }
        chars += growth;
        return null;
    }

    private static long chars(SortedMap<String, String> config) {
        long chars = 0;
        for (Map.Entry<String, String> setting : config.entrySet()) {
            chars += setting.getKey().length() + (long) setting.getValue().length();
        }
        return chars;
    }
}
