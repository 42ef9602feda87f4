package io.chapar.bench.plots;

import tools.jackson.databind.JsonNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/// What one picture shows: figures that belong together, each of both systems.
///
/// @param footer what it was measured on
record Picture(String name, String title, String chapar, String kafka, List<Row> rows, String footer) {

    /// One figure; what was not measured is NaN.
    record Row(String what, String unit, boolean moreIsBetter, double chapar, double kafka) {
        double largest() {
            return Double.isNaN(chapar) ? kafka : Double.isNaN(kafka) ? chapar : Math.max(chapar, kafka);
        }

        /// How many times better Chapar is; empty where that cannot be said.
        Optional<Double> gain() {
            double gain = moreIsBetter ? chapar / kafka : kafka / chapar;
            return Double.isFinite(gain) && gain > 0 ? Optional.of(gain) : Optional.empty();
        }
    }

    /// Which figures belong together, by their keys; the order of the pictures is no matter, that of rows the result's.
    private enum Group {
        RESOURCES("Start and memory", "(start|idle|loaded)\\..*"),
        THROUGHPUT("Many records", "(produce|fetch)\\..*"),
        LATENCY("One record at a time", "latency\\..*"),
        TRANSACTIONS("Transactions", "txn\\..*\\.(rate|p99|cpu)"),
        FAILOVER("A broker is killed", "failover\\..*"),
        SHARE("Share groups, each record acknowledged by itself", "share\\..*\\.(rate|cpu)"),
        GROUPS("Groups of consumers", "groups\\..*"),
        APPLICATIONS("Applications, exactly once, on the same broker",
                "app\\.(stateless|count|count\\.disk)\\.\\d+\\.(rate|cpu|p99|rss\\.mb)"),
        CALLS("Calls that take 20 ms", "calls\\..*rate");

        private final String title;
        private final Pattern keys;

        Group(String title, String keys) {
            this.title = title;
            this.keys = Pattern.compile(keys);
        }

        private boolean isOfApplications() {
            return this == APPLICATIONS || this == CALLS;
        }
    }

    /// Those that the result has figures for.
    static List<Picture> of(JsonNode report) {
        if (!report.path("figures").isArray() || !report.path("brokers").isNumber()) {
            throw new IllegalArgumentException("it has no figures");
        }
        String footer = "%s, %s cores, %s; %s; rounds: %s (%s)".formatted(text(report, "machine", "processor"),
                text(report, "machine", "cores"), text(report, "machine", "system"),
                text(report, "machine", "java"), report.path("rounds").asString(), report.path("amounts").asString());
        int brokers = report.path("brokers").asInt();
        List<Picture> pictures = new ArrayList<>();
        for (Group group : Group.values()) {
            List<Row> rows = StreamSupport.stream(report.path("figures").spliterator(), false)
                    .filter(figure -> group.keys.matcher(figure.path("key").asString()).matches())
                    .map(Picture::row).filter(row -> row.largest() > 0).toList();
            if (!rows.isEmpty()) {
                pictures.add(new Picture("brokers-" + brokers + "-" + group.name().toLowerCase(java.util.Locale.ROOT),
                        group.title + (brokers == 1 ? "" : ", " + brokers + " brokers"),
                        group.isOfApplications() ? "Chapar's processor SDK" : "Chapar",
                        group.isOfApplications() ? "Kafka Streams" : "Apache Kafka", rows, footer));
            }
        }
        return pictures;
    }

    private static String text(JsonNode report, String outer, String inner) {
        return report.path(outer).path(inner).asString();
    }

    private static Row row(JsonNode figure) {
        return new Row(figure.path("what").asString(), figure.path("unit").asString(),
                figure.path("better").asString().equals("more"), median(figure, "chapar"), median(figure, "kafka"));
    }

    private static double median(JsonNode figure, String system) {
        return figure.path(system).path("median").asDouble(Double.NaN);
    }
}
