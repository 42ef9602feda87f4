package io.chapar.cli;

import io.chapar.broker.config.BrokerConfig;
import picocli.CommandLine;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/// A properties file with a broker's settings.
final class SettingsFile {
    private SettingsFile() {
    }

    /// The settings, each checked by itself: what is wrong is said with the file and the line.
    static Map<String, String> read(Path file, CommandLine command) {
        String text;
        Properties properties = new Properties();
        try {
            text = Files.readString(file);
            properties.load(new StringReader(text));
        } catch (NoSuchFileException e) {
            throw new CommandFailure("There is no file " + file, e);
        } catch (IOException | IllegalArgumentException e) {
            throw new CommandFailure("Cannot read " + file + " (" + e.getMessage() + ")", e);
        }
        Map<String, String> settings = new TreeMap<>();
        properties.forEach((key, value) -> settings.put(key.toString(), value.toString().strip()));
        settings.keySet().forEach(key -> {
            String problem = BrokerConfig.problem(key, settings);
            if (problem != null) {
                throw new CommandLine.ParameterException(
                        command, file + ", line " + line(text.lines().toList(), key) + ": " + problem);
            }
        });
        return settings;
    }

    /// The last line that sets the key, for it is the one that counts. Counted from 1.
    private static int line(List<String> lines, String key) {
        for (int i = lines.size() - 1; i > 0; i--) {
            String line = lines.get(i).strip();
            boolean continued = lines.get(i - 1).endsWith("\\");
            if (!continued && line.startsWith(key) && line.substring(key.length()).matches("(\\s*[=:].*)|(\\s.*)|")) {
                return i + 1;
            }
        }
        return 1;
    }
}
