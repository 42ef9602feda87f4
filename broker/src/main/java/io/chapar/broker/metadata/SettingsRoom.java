package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;

/// How long the settings of topics, brokers, groups and clients' metrics may be together: every broker keeps all of
/// them in memory, and writes them into one snapshot. Pure; of one command.
final class SettingsRoom {
    /// Names and values. Hundreds for each of as many topics as there can be.
    static final int MOST_CHARS = 16 << 20;

    private long chars;

    SettingsRoom(ClusterImage image) {
        chars = image.settingsChars();
    }

    /// Why there is no room for these in the place of those, as a sentence; null when there is, and then it is taken.
    @Nullable String take(SortedMap<String, String> after, SortedMap<String, String> before) {
        long growth = growth(after, before);
        if (growth <= 0) {
            return null;
        }
        if (chars + growth > MOST_CHARS) {
            return "All settings of topics, brokers, groups and clients' metrics together may have " + MOST_CHARS
                    + " characters.";
        }
        chars += growth;
        return null;
    }

    /// Below 0 where they get shorter.
    static long growth(SortedMap<String, String> after, SortedMap<String, String> before) {
        return chars(after) - chars(before);
    }

    static long chars(SortedMap<String, String> config) {
        long chars = 0;
        for (Map.Entry<String, String> setting : config.entrySet()) {
            chars += setting.getKey().length() + (long) setting.getValue().length();
        }
        return chars;
    }
}
