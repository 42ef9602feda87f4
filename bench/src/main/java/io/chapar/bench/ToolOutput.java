package io.chapar.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Understands what client programs print.
final class ToolOutput {
    /// Printed by our own clients when they begin, and when they end, to count.
    static final String BEGIN = "begin";
    static final String END = "end";

    private static final Pattern PRODUCED = Pattern.compile("^(\\d+) records sent, ([0-9.]+) records/sec");

    private static final Pattern FIGURE = Pattern.compile("([a-z0-9.]+) (-?[0-9.]+(?:E-?[0-9]+)?|NaN)");

    private ToolOutput() {
    }

    /// The summary of ProducerPerformance: the last line that is about all records.
    static double producedPerSecond(List<String> lines, long records) {
        for (String line : lines.reversed()) {
            Matcher summary = PRODUCED.matcher(line);
            if (summary.find() && Long.parseLong(summary.group(1)) == records) {
                return Double.parseDouble(summary.group(2));
            }
        }
        throw new BenchFailure("Kafka's producer tool told no rate; it said: " + lines);
    }

    /// From the header and the one line of ConsumerPerformance: without the time that it took to join the group.
    static double fetchedPerSecond(List<String> lines) {
        for (int i = 0; i + 1 < lines.size(); i++) {
            List<String> header = cells(lines.get(i));
            int column = header.indexOf("fetch.nMsg.sec");
            List<String> values = cells(lines.get(i + 1));
            if (column >= 0 && values.size() == header.size()) {
                return Double.parseDouble(values.get(column));
            }
        }
        throw new BenchFailure("Kafka's consumer tool told no rate; it said: " + lines);
    }

    private static List<String> cells(String line) {
        return Arrays.stream(line.split(",", -1)).map(String::strip).toList();
    }

    /// Lines `name number` of our own clients. What else there is may be a profiler's.
    static Map<String, Double> figures(List<String> lines) {
        Map<String, Double> figures = new LinkedHashMap<>();
        for (String line : lines) {
            Matcher figure = FIGURE.matcher(line);
            if (figure.matches()) {
                figures.put(figure.group(1), Double.valueOf(figure.group(2)));
            }
        }
        return figures;
    }
}
