package io.chapar.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Prometheus's own tool, which evaluates rules as Prometheus does: what a broker told at two moments goes on for
/// three quarters of an hour as it did between them.
final class Promtool {
    private static final int MINUTES = 45;
    private static final String TARGET = "instance=\"one\",job=\"chapar\"";

    private Promtool() {}

    static boolean isThere() {
        try {
            return run(List.of("promtool", "--version")).isEmpty();
        } catch (IOException e) {
            return false;
        }
    }

    /// What it says when it fails; empty when it does not.
    static String check(Path rules) throws IOException {
        return run(List.of("promtool", "check", "rules", rules.toAbsolutePath().toString()));
    }

    /// All of these alerts, and those that are named to be quiet not.
    static void assertFires(Path folder, Scrape first, Scrape second, List<String> alerts, List<String> quiet)
            throws IOException {
        StringBuilder text = new StringBuilder("rule_files:\n  - ").append(AlertRules.FILE.toAbsolutePath())
                .append("\nevaluation_interval: 1m\ntests:\n  - interval: ")
                .append(Math.max(1, (second.atNs() - first.atNs()) / 1_000_000)).append("ms\n    input_series:\n");
        series(first, second, text);
        text.append("    promql_expr_test:\n");
        alerts.forEach(alert -> expect(alert, 1, text));
        quiet.forEach(alert -> expect(alert, 0, text));
        Path file = Files.createTempFile(folder, "alerts", ".yml");
        Files.writeString(file, text);
        assertEquals("", run(List.of("promtool", "test", "rules", file.toString())));
    }

    private static void series(Scrape first, Scrape second, StringBuilder text) throws IOException {
        String conditions = String.join(" ", AlertRules.all().values());
        int steps = (int) (TimeUnit.MINUTES.toNanos(MINUTES + 1) / Math.max(1_000_000, second.atNs() - first.atNs()));
        second.values().forEach((series, now) -> {
            if (conditions.contains(Scrape.nameOf(series))) {
                double before = first.values().getOrDefault(series, isCounter(series) ? 0 : now);
                String labels = series.contains("{") ? series.replace("{", "{" + TARGET + ",")
                        : series + "{" + TARGET + "}";
                text.append("      - series: '").append(labels.replace("'", "''")).append("'\n        values: '")
                        .append(plain(before)).append(now < before ? '-' : '+').append(plain(Math.abs(now - before)))
                        .append('x').append(steps).append("'\n");
            }
        });
    }

    private static boolean isCounter(String series) {
        return Scrape.nameOf(series).matches(".*_(total|bucket|count|sum)");
    }

    private static String plain(double value) {
        return new BigDecimal(value).toPlainString();
    }

    private static void expect(String alert, int firing, StringBuilder text) {
        text.append("      - expr: '(count(ALERTS{alertname=\"").append(alert)
                .append("\",alertstate=\"firing\"}) or vector(0)) > bool 0'\n        eval_time: ").append(MINUTES)
                .append("m\n        exp_samples:\n");
        text.append("          - {labels: '{}', value: ").append(firing).append("}\n");
    }

    private static String run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes());
        try {
            return process.waitFor() == 0 ? "" : said;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
