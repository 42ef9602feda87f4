package io.chapar.cli;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What `docs/operations.md` says of settings is what the broker has.
final class OperationsPageTest {
    private static final Pattern ROW = Pattern.compile("\\| `([a-z0-9.]+)` \\| (?:`(.*?)`)? ?\\| .*");

    static List<String> page() throws IOException {
        return Files.readAllLines(Path.of("..", "docs", "operations.md"));
    }

    /// Name and default of each row below the heading, in order.
    private static SequencedMap<String, String> settingsBelow(String heading) throws IOException {
        SequencedMap<String, String> rows = new LinkedHashMap<>();
        boolean here = false;
        for (String line : page()) {
            here = line.startsWith("## ") ? line.equals("## " + heading) : here;
            Matcher row = ROW.matcher(line);
            if (here && row.matches()) {
                rows.put(row.group(1), row.group(2) == null ? "" : row.group(2));
            }
        }
        return rows;
    }

    @Test
    void everySettingOfTheBrokerIsThereWithItsDefault() throws IOException {
        Map<String, String> expected = new LinkedHashMap<>();
        BrokerConfig.all().forEach(setting -> expected.put(setting.name(), setting.byDefault()));
        assertEquals(expected, settingsBelow("Settings of the broker"));
    }

    @Test
    void everySettingOfATopicIsThereWithItsDefault() throws IOException {
        Map<String, String> expected = new LinkedHashMap<>();
        TopicConfig.all().forEach(setting -> expected.put(setting.name(), setting.byDefault()));
        assertEquals(expected, settingsBelow("Settings of a topic"));
    }
}
