package io.chapar.cli.otlp;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What comes to a collector is what Prometheus reads.
final class OtlpPushIT {
    private static final Pattern OF_THE_PROCESS = Pattern.compile("(jvm|process)_.*|chapar_disk_.*");

    @TempDir
    private Path folder;

    private static OtlpAddress to(String endpoint) {
        return OtlpAddress.of(endpoint, Map.of("OTEL_METRIC_EXPORT_INTERVAL", "200",
                "OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20token"));
    }

    private Broker broker() {
        return Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString(),
                "metrics.listener", "127.0.0.1:0", "num.network.threads", "1")));
    }

    private static Map<String, Double> page(Broker broker) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            Map<String, Double> all = new TreeMap<>();
            http.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + broker.httpPort() + "/metrics")).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                        int end = line.lastIndexOf(' ');
                        all.put(line.substring(0, end), Double.parseDouble(line.substring(end + 1)));
                    });
            return all;
        }
    }

    private static void commit(Broker broker) {
        try (Producer<String, String> producer = Producer.open(ProducerConfig.builder(broker.address().toString())
                .transactionalId("till").build(), Serdes.string(), Serdes.string())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("orders", "a"));
            producer.commitTransaction();
        }
    }

    /// All but what is another one at each look.
    private static Map<String, Double> steady(Map<String, Double> series, Map<String, Double> later) {
        Map<String, Double> steady = new TreeMap<>(series);
        steady.entrySet().removeIf(one -> !one.getValue().equals(later.get(one.getKey()))
                || OF_THE_PROCESS.matcher(one.getKey()).matches());
        return steady;
    }

    @Test
    void namesAndValuesAreThoseOfThePage() throws Exception {
        try (Broker broker = broker(); FakeCollector collector = new FakeCollector()) {
            commit(broker);
            // Its markers are written after the answer.
            Map<String, Double> before = Awaitility.await().until(() -> page(broker),
                    seen -> seen.getOrDefault("chapar_transaction_end_to_visible_seconds_count", 0.0) == 1);
            try (OtlpPush _ = OtlpPush.start(broker.metrics(), to(collector.endpoint()), 1, "a cluster")) {
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> collector.pushed().size() >= 2);
            }
            ExportMetricsServiceRequest push = collector.pushed().getFirst();
            Map<String, Double> pushed = FakeCollector.series(push);
            Map<String, Double> after = page(broker);
            assertEquals(new TreeSet<>(after.keySet()), new TreeSet<>(pushed.keySet()));
            Map<String, Double> steady = steady(before, after);
            assertEquals(steady, steady(pushed, steady));
            assertEquals(1, steady.get("chapar_transactions_committed_total"), steady.toString());
            assertEquals("Bearer token", collector.tokens().getFirst());
            assertTrue(push.getResourceMetrics(0).getResource().toString().contains("\"a cluster/1\""));
            Metric ends = FakeCollector.metrics(push)
                    .filter(one -> one.getName().equals("chapar_transaction_end_to_visible_seconds")).findFirst()
                    .orElseThrow();
            assertEquals("till", ends.getHistogram().getDataPoints(0).getExemplars(0).getFilteredAttributes(0)
                    .getValue().getStringValue());
            NumberDataPoint counted = FakeCollector.metrics(push).filter(Metric::hasSum).findFirst().orElseThrow()
                    .getSum().getDataPoints(0);
            assertTrue(counted.getStartTimeUnixNano() > 0
                    && counted.getStartTimeUnixNano() < counted.getTimeUnixNano());
        }
    }

    @Test
    void whatACollectorRefusesIsSentAgain() throws Exception {
        try (Broker broker = broker(); FakeCollector collector = new FakeCollector()) {
            collector.answer(400);
            try (OtlpPush _ = OtlpPush.start(broker.metrics(), to(collector.endpoint()), 1, "a cluster")) {
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> collector.refused() >= 2);
                assertEquals(List.of(), collector.pushed());
                assertFalse(page(broker).isEmpty(), "the broker serves meanwhile");
                collector.answer(200);
                Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> !collector.pushed().isEmpty());
            }
        }
    }
}
