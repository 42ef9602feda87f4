package io.chapar.broker.config;

import io.chapar.broker.config.BrokerConfig.Setting;
import io.chapar.broker.config.SettingTypes.Check;
import io.chapar.broker.config.SettingTypes.Kind;
import org.jspecify.annotations.Nullable;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// Settings of what a broker's process says of itself. None of them is Kafka's, which has files of its logging library
/// for that.
public final class LogSettings {
    public static final String FORMAT = "log.format";
    public static final String JSON = "json";
    public static final String LEVELS = "log.levels";
    public static final String STDERR = "log.stderr";
    public static final String FILE = "log.file";
    public static final String FILE_BYTES = "log.file.max.bytes";
    public static final String FILES = "log.file.max.count";
    /// Says what is changed, by whom.
    public static final String ADMIN_LOGGER = "io.chapar.broker.admin";

    private static final List<String> LEVEL_NAMES = List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF");
    private static final int MOST_LEVELS = 100;
    private static final Pattern LOGGER = Pattern.compile("[\\w$.-]{1,200}");

    private LogSettings() {}

    static void addTo(Map<String, Setting> all) {
        add(all, FORMAT, Kind.STRING, "text", SettingTypes.oneOf("text", JSON),
                "Lines of the broker's log: text, or json for one object a line.");
        add(all, LEVELS, Kind.LIST, "", LogSettings::levelsProblem,
                "Loggers that say more or less than usual from the start, as LOGGER=LEVEL,...; " + ADMIN_LOGGER
                        + "=OFF says nothing of what is changed by whom.");
        add(all, STDERR, Kind.BOOLEAN, "true", SettingTypes.bool(),
                "Whether the log goes to standard error; false needs a " + FILE + ".");
        add(all, FILE, Kind.STRING, "", LogSettings::fileProblem, "File that the log goes to as well; empty for none.");
        add(all, FILE_BYTES, Kind.LONG, Integer.toString(64 << 20), SettingTypes.integer(1_024, Long.MAX_VALUE),
                "Size from which such a file is put aside, with a number behind its name.");
        add(all, FILES, Kind.INT, "10", SettingTypes.integer(1, 1_000),
                "Such files that are kept, with the one that is written to.");
    }

    private static void add(
            Map<String, Setting> all, String name, Kind kind, String byDefault, Check check, String about) {
        all.put(name, new Setting(name, kind, byDefault, check, about));
    }

    /// What is wrong with all of them together, as a sentence; null when nothing is.
    static @Nullable String problem(UnaryOperator<String> settings) {
        return settings.apply(STDERR).equals("true") || !settings.apply(FILE).isEmpty() ? null
                : STDERR + " is false and there is no " + FILE + ": nothing would be logged.";
    }

    private static @Nullable String fileProblem(String value) {
        try {
            return value.isEmpty() || Path.of(value).getFileName() != null ? null
                    : "must name a file, not '" + value + "'";
        } catch (InvalidPathException e) {
            return "must name a file: " + e.getMessage();
        }
    }

    private static @Nullable String levelsProblem(String value) {
        String[] items = items(value);
        if (items.length > MOST_LEVELS) {
            return "has at most " + MOST_LEVELS + " loggers, not " + items.length;
        }
        for (String item : items) {
            int at = item.indexOf('=');
            if (at < 0 || !LOGGER.matcher(item.substring(0, at)).matches()) {
                return "is to be LOGGER=LEVEL,..., not '" + item + "'";
            }
            if (!LEVEL_NAMES.contains(item.substring(at + 1))) {
                return "has no level '" + item.substring(at + 1) + "'; there are " + String.join(", ", LEVEL_NAMES);
            }
        }
        return null;
    }

    private static String[] items(String value) {
        return value.isBlank() ? new String[0] : value.strip().split("\\s*,\\s*", -1);
    }

    /// Names of levels, by logger.
    public static SequencedMap<String, String> levels(String value) {
        SequencedMap<String, String> levels = new LinkedHashMap<>();
        for (String item : items(value)) {
            levels.put(item.substring(0, item.indexOf('=')), item.substring(item.indexOf('=') + 1));
        }
        return levels;
    }
}
