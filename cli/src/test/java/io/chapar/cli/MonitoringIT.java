package io.chapar.cli;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What the alerts and the dashboard ask for is what a broker tells.
final class MonitoringIT {
    private static final Path DASHBOARD = Path.of("..", "monitoring", "dashboard.json");
    private static final Pattern METRIC = Pattern.compile("\\b(?:chapar|jvm|process)_[a-z_]+");
    private static final Pattern MATCHERS = Pattern.compile("\\{([^}]*)}");
    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)");
    private static final Pattern GROUPING = Pattern.compile("\\b(?:by|on|without|ignoring)\\s*\\(([^)]*)\\)");
    private static final Pattern TEMPLATE = Pattern.compile("\\{\\{\\s*(?:\\$labels\\.)?([a-z_]+)\\s*}}");
    /// Given by Prometheus.
    private static final Set<String> OF_PROMETHEUS = Set.of("job", "instance");
    /// Which a broker tells only when there is something to tell: a disk that fills, other brokers, a long transaction.
    private static final Map<String, Set<String>> AT_TIMES = Map.of(
            "chapar_disk_full_seconds", Set.of(),
            "chapar_replica_lag", Set.of("follower"),
            "chapar_replica_slow", Set.of("follower"));

    /// One expression, with the labels that its legend or its text name.
    private record Asked(String where, String expression, Set<String> shown) {}

    private static Set<String> templates(String text) {
        Set<String> labels = new TreeSet<>();
        Matcher found = TEMPLATE.matcher(text);
        while (found.find()) {
            labels.add(found.group(1));
        }
        return labels;
    }

    private static List<Asked> asked() throws IOException {
        List<Asked> all = new ArrayList<>();
        AlertRules.all().forEach((name, expression) -> all.add(new Asked(name, expression, Set.of())));
        String[] alerts = Files.readString(AlertRules.FILE).split("- alert: ", -1);
        for (int i = 1; i < alerts.length; i++) {
            all.add(new Asked(alerts[i].lines().findFirst().orElseThrow(),
                    alerts[i].lines().filter(line -> line.contains("expr:")).findFirst().orElseThrow(),
                    templates(alerts[i])));
        }
        JsonNode dashboard = new JsonMapper().readTree(Files.readString(DASHBOARD));
        for (JsonNode panel : dashboard.path("panels")) {
            for (JsonNode target : panel.path("targets")) {
                all.add(new Asked(panel.path("title").asString(), target.path("expr").asString(),
                        templates(target.path("legendFormat").asString())));
            }
        }
        for (JsonNode variable : dashboard.path("templating").path("list")) {
            all.add(new Asked(variable.path("name").asString(), variable.path("definition").asString(""), Set.of()));
        }
        return all;
    }

    private static Set<String> labelsIn(String expression) {
        Set<String> labels = new TreeSet<>();
        Matcher grouping = GROUPING.matcher(expression);
        while (grouping.find()) {
            labels.addAll(List.of(grouping.group(1).replace(" ", "").split(",", -1)));
        }
        Matcher braces = MATCHERS.matcher(expression);
        while (braces.find()) {
            Matcher matcher = MATCHER.matcher(braces.group(1));
            while (matcher.find()) {
                labels.add(matcher.group(1));
            }
        }
        return labels;
    }

    @Test
    void everyNameAndLabelIsOneOfABrokers(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, "metrics.listener=127.0.0.1:0");
                HeldTransaction _ = HeldTransaction.begin(broker, "orders", "audit")) {
            RunningBroker.done(broker.run("a\n", "produce", "orders"));
            RunningBroker.done(broker.run("", "group", "reset", "billing", "orders", "--to", "0", "--execute"));
            RunningBroker.done(broker.run("", "group", "list"));
            Map<String, Set<String>> told = new TreeMap<>(Scrape.of(broker.metrics()).labels());
            AT_TIMES.forEach(told::putIfAbsent);
            List<String> wrong = new ArrayList<>();
            List<Asked> asked = asked();
            assertTrue(asked.size() > 80, "they are found");
            for (Asked one : asked) {
                Set<String> known = new TreeSet<>(OF_PROMETHEUS);
                Matcher metric = METRIC.matcher(one.expression());
                while (metric.find()) {
                    Set<String> labels = told.get(metric.group());
                    if (labels == null) {
                        wrong.add(one.where() + ": " + metric.group());
                    } else {
                        known.addAll(labels);
                    }
                }
                Set<String> labels = labelsIn(one.expression());
                labels.addAll(one.shown());
                labels.removeAll(known);
                labels.forEach(label -> wrong.add(one.where() + ": label " + label));
            }
            assertEquals(List.of(), wrong, () -> told.toString());
        }
    }

    @Test
    void whoeverAsksForOpenMetricsGetsExemplars(@TempDir Path folder) throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, "metrics.listener=127.0.0.1:0");
                HeldTransaction open = HeldTransaction.begin(broker, "orders", "audit")) {
            open.commit();
            Pattern ended = Pattern.compile("chapar_request_seconds_bucket\\{api=\"EndTxn\",le=\"[^\"]+\"} \\d+"
                    + " # \\{client_id=\"audit-client\"}");
            // A transaction is measured when its markers are written, which is after the answer.
            Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
                String page =
                        Scrape.get(broker.metrics(), "/metrics", "application/openmetrics-text; version=1.0.0");
                assertTrue(page.endsWith("# EOF\n"), page);
                assertTrue(ended.matcher(page).find(), page);
                assertTrue(page.contains("# {transactional_id=\"audit\"}"), page);
            });
        }
    }

    @Test
    void runbooksAreThere() throws IOException {
        for (Map.Entry<String, String[]> one : AlertRules.runbooks().entrySet()) {
            Path file = Path.of("..").resolve(one.getValue()[0]);
            String heading = one.getValue()[1];
            assertTrue(Files.readAllLines(file).stream().filter(line -> line.startsWith("#"))
                    .map(line -> line.replaceAll("^#+ ", "").toLowerCase(Locale.ROOT)
                            .replaceAll("[^a-z0-9 -]", "").replace(' ', '-'))
                    .anyMatch(anchor -> heading == null || anchor.equals(heading)), one.getKey() + ": " + heading);
        }
    }
}
