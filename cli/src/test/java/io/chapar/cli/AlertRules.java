package io.chapar.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// `monitoring/alerts.yml`, as far as tests need it: each alert is written in the same way.
final class AlertRules {
    static final Path FILE = Path.of("..", "monitoring", "alerts.yml");
    private static final Pattern ALERT = Pattern.compile("""
             {6}- alert: (\\w+)
             {8}expr: (.+)
            (?: {8}for: \\d+m
            )? {8}labels: \\{severity: (?:critical|warning|info)}
             {8}annotations:
             {10}summary: ".+"
             {10}runbook: "(docs/[a-z]+\\.md)(?:#([-a-z]+))?"
            """);

    private AlertRules() {}

    /// Name and condition of each, in order.
    static SequencedMap<String, String> all() throws IOException {
        String text = Files.readString(FILE);
        SequencedMap<String, String> alerts = new LinkedHashMap<>();
        Matcher found = ALERT.matcher(text);
        while (found.find()) {
            alerts.put(found.group(1), found.group(2));
        }
        assertEquals(text.split("- alert:", -1).length - 1, alerts.size(), "each is written in the same way");
        return alerts;
    }

    /// File and heading of each runbook, which may be null.
    static SequencedMap<String, String[]> runbooks() throws IOException {
        SequencedMap<String, String[]> books = new LinkedHashMap<>();
        Matcher found = ALERT.matcher(Files.readString(FILE));
        while (found.find()) {
            books.put(found.group(1), new String[] {found.group(3), found.group(4)});
        }
        return books;
    }
}
