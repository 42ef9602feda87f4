package io.chapar.cli;

import io.chapar.broker.BrokerConfig;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What `docs/operations.md` says of settings is what the broker has.
final class OperationsPageTest {
    private static final Pattern ROW = Pattern.compile("\\| `([a-z0-9.]+)` \\| (?:`(.*?)`)? ?\\| .*");

    static List<String> page() throws IOException {
        return Files.readAllLines(Path.of("..", "docs", "operations.md"));
    }

    @Test
    void settingsExistWithTheDefaultsThatThePageGives() throws IOException {
        int rows = 0;
        for (String line : page()) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows++;
                BrokerConfig.Setting setting = BrokerConfig.setting(row.group(1));
                assertNotNull(setting, line);
                assertEquals(setting.byDefault(), row.group(2) == null ? "" : row.group(2), line);
            }
        }
        assertTrue(rows > 40, rows + " settings");
    }
}
