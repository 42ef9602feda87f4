package io.chapar.cli;

import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What Prometheus reads from a broker in a process of its own.
final class MetricsIT {
    @TempDir
    private Path folder;
    private String page;

    private static String fetch(String address) throws IOException, InterruptedException {
        return fetch(address, "/metrics");
    }

    private static String fetch(String address, String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create("http://" + address + path)).build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            return answer.body();
        }
    }

    /// Of the line that begins so; -1 without one.
    private double value(String series) {
        return page.lines().filter(line -> line.startsWith(series + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(series.length() + 1))).findFirst().orElse(-1);
    }

    @Test
    void transactionsAndTrafficAreCounted() throws Exception {
        try (StartedProcess broker = ChaparProcess.start(folder, "broker", "--listen", "127.0.0.1:0", "--data",
                folder.resolve("data").toString(), "--metrics", "127.0.0.1:0")) {
            ReadyLine ready = ReadyLine.of(broker);
            String metrics = String.valueOf(ready.metrics());
            assertEquals("{\"live\":true,\"reasons\":[]}\n", fetch(metrics, "/live"));
            assertEquals("{\"ready\":true,\"reasons\":[]}\n", fetch(metrics, "/ready"));
            ProducerConfig config = ProducerConfig.builder(ready.address()).transactionalId("counted").build();
            try (Producer<String, String> producer = Producer.open(config, Serdes.string(), Serdes.string())) {
                producer.initTransactions();
                for (int i = 0; i < 5; i++) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>("counted", 0, null, null, "v" + i, List.of())).get();
                    if (i < 3) {
                        producer.commitTransaction();
                    } else {
                        producer.abortTransaction();
                    }
                }
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("counted", 0, null, null, "open", List.of())).get();
                page = fetch(metrics);
                assertEquals(3, value("chapar_transactions_committed_total"), page);
                assertEquals(2, value("chapar_transactions_aborted_total{reason=\"client\"}"), page);
                assertEquals(1, value("chapar_transactions_open"), page);
                assertEquals(1, value("chapar_partition_transactions_open"), page);
                assertTrue(value("chapar_oldest_open_transaction_age_seconds{partition=\"0\",topic=\"counted\"}") >= 0,
                        page);
                assertEquals(5, value("chapar_transaction_end_to_visible_seconds_count"), page);
                assertEquals(0, value("chapar_markers_outstanding"), page);
                assertEquals(0, value("chapar_partitions_offline"), page);
                assertEquals(0, value("chapar_partitions_unreadable"), page);
                assertTrue(value("chapar_requests_total{api=\"Produce\",error=\"NONE\"}") >= 6, page);
                assertTrue(value("chapar_request_seconds_count{api=\"EndTxn\"}") >= 5, page);
                assertTrue(value("chapar_received_bytes_total") > 500, page);
                assertTrue(value("chapar_log_unsynced_offsets") > 0, page);
            }
            Run wrong = Run.of("topic", "describe", "nowhere", "--bootstrap", ready.address());
            assertEquals(1, wrong.exitCode());
            Run fenced = Run.of("txn", "list", "--bootstrap", ready.address());
            assertEquals(0, fenced.exitCode(), fenced.err());
            Awaitility.await().untilAsserted(() -> {
                page = fetch(metrics);
                assertEquals(0, value("chapar_transactions_open"), page);
                assertFalse(page.contains("chapar_oldest_open_transaction_age_seconds{"), page);
            });
            assertEquals(3, value("chapar_transactions_aborted_total{reason=\"client\"}"), page);
            assertTrue(value("chapar_requests_total{api=\"Metadata\",error=\"UNKNOWN_TOPIC_OR_PARTITION\"}") >= 1,
                    page);
            String documented = String.join("\n", OperationsPageTest.page());
            page.lines().filter(each -> !each.startsWith("#"))
                    .map(each -> each.replaceAll("[{ ].*", "").replaceAll("_(bucket|count|sum)$", ""))
                    .distinct()
                    .forEach(name -> assertTrue(documented.contains("`" + name), name + " is not documented"));
            broker.terminate();
            assertEquals(0, broker.exitCode(), broker.errors());
        }
    }

    @Test
    void aPortThatIsTakenIsOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                StartedProcess broker = ChaparProcess.start(folder, "broker", "--listen", "127.0.0.1:0", "--data",
                        folder.resolve("data").toString(), "--metrics", ":" + taken.getLocalPort())) {
            assertEquals(1, broker.exitCode());
            assertEquals("chapar: Cannot listen on 127.0.0.1:" + taken.getLocalPort()
                    + " for metrics: the address is already in use.\n", broker.errors());
        }
    }
}
