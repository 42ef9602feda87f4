package io.chapar.bench;

import tools.jackson.databind.ObjectMapper;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import static java.util.Objects.requireNonNull;

/// All figures of all rounds, in the order in which they were first measured.
final class Result {
    private final Map<String, String> machine;
    private final int brokers;
    private final int rounds;
    private final String amounts;
    private final Map<String, Metric> metrics = new LinkedHashMap<>();
    /// By metric, then by system: a value for each round.
    private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();
    private final Set<String> systems = new LinkedHashSet<>();

    Result(Map<String, String> machine, int brokers, int rounds, String amounts) {
        this.machine = machine;
        this.brokers = brokers;
        this.rounds = rounds;
        this.amounts = amounts;
    }

    void add(Metric metric, String system, double value) {
        systems.add(system);
        metrics.putIfAbsent(metric.key(), metric);
        values.computeIfAbsent(metric.key(), _ -> new LinkedHashMap<>())
                .computeIfAbsent(system, _ -> new ArrayList<>()).add(value);
    }

    /// NaN when there is none.
    double median(String key, String system) {
        List<Double> all = values.getOrDefault(key, Map.of()).getOrDefault(system, List.of())
                .stream().sorted().toList();
        int n = all.size();
        return n == 0 ? Double.NaN : n % 2 == 1 ? all.get(n / 2) : (all.get(n / 2 - 1) + all.get(n / 2)) / 2;
    }

    /// Chapar's median divided by Kafka's; NaN when one is missing.
    double ratio(String key) {
        return median(key, "chapar") / median(key, "kafka");
    }

    void printTable(PrintWriter out) {
        machine.forEach((key, value) -> out.println(key + ": " + value));
        out.println("brokers: " + brokers);
        out.println("rounds: " + rounds + " (" + amounts + ")");
        out.println();
        List<String[]> rows = new ArrayList<>();
        List<String> heading = new ArrayList<>(List.of("FIGURE", "UNIT"));
        systems.forEach(system -> heading.add(system.toUpperCase(Locale.ROOT)));
        if (systems.size() == 2) {
            heading.add("RATIO");
        }
        rows.add(heading.toArray(String[]::new));
        for (Metric metric : metrics.values()) {
            List<String> row = new ArrayList<>(List.of(metric.what(), metric.unit()));
            systems.forEach(system -> row.add(number(median(metric.key(), system))));
            if (systems.size() == 2) {
                row.add(number(ratio(metric.key())));
            }
            rows.add(row.toArray(String[]::new));
        }
        printAligned(rows, out);
    }

    private static void printAligned(List<String[]> rows, PrintWriter out) {
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - row[i].length());
                line.append(i < 2 ? row[i] + padding : padding + row[i]).append("  ");
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /// Three digits that count.
    static String number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return "-";
        }
        double size = Math.abs(value);
        String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    String json() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("machine", machine);
        all.put("brokers", brokers);
        all.put("rounds", rounds);
        all.put("amounts", amounts);
        List<Object> figures = new ArrayList<>();
        for (Metric metric : metrics.values()) {
            Map<String, Object> figure = new LinkedHashMap<>();
            figure.put("key", metric.key());
            figure.put("what", metric.what());
            figure.put("unit", metric.unit());
            figure.put("better", metric.moreIsBetter() ? "more" : "less");
            requireNonNull(values.get(metric.key()), "added with its metric").forEach((system, each) -> {
                Map<String, Object> of = new LinkedHashMap<>();
                of.put("median", median(metric.key(), system));
                of.put("rounds", each);
                figure.put(system, of);
            });
            double ratio = ratio(metric.key());
            figure.put("ratio", Double.isFinite(ratio) ? ratio : null);
            figures.add(figure);
        }
        all.put("figures", figures);
        return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all);
    }
}
