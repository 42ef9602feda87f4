package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A process of Kafka Connect's distributed worker, as `connect-distributed.sh` starts it, with exactly-once sources.
final class ConnectWorker implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final Pattern LISTENS = Pattern.compile("advertising URL (http://\\S+?)/?\\s");

    private final StartedProcess process;
    private final HttpClient http = HttpClient.newHttpClient();

    ConnectWorker(Path folder, SomeBrokers brokers) throws IOException {
        String replicas = Short.toString(brokers.count());
        Map<String, String> settings = Map.ofEntries(
                Map.entry("bootstrap.servers", brokers.bootstrap()), Map.entry("group.id", "connect"),
                Map.entry("listeners", "http://127.0.0.1:0"), Map.entry("plugin.discovery", "service_load"),
                Map.entry("exactly.once.source.support", "enabled"),
                Map.entry("config.storage.topic", "connect-configs"),
                Map.entry("offset.storage.topic", "connect-offsets"),
                Map.entry("status.storage.topic", "connect-status"),
                Map.entry("config.storage.replication.factor", replicas),
                Map.entry("offset.storage.replication.factor", replicas),
                Map.entry("status.storage.replication.factor", replicas),
                Map.entry("offset.storage.partitions", "5"), Map.entry("status.storage.partitions", "5"),
                Map.entry("key.converter", "org.apache.kafka.connect.storage.StringConverter"),
                Map.entry("value.converter", "org.apache.kafka.connect.storage.StringConverter"),
                Map.entry("session.timeout.ms", "6000"), Map.entry("heartbeat.interval.ms", "1000"),
                Map.entry("consumer.session.timeout.ms", "6000"),
                Map.entry("offset.flush.interval.ms", "1000"), Map.entry("scheduled.rebalance.max.delay.ms", "0"));
        Path file = Files.createTempFile(folder, "worker", ".properties");
        Files.writeString(file, settings.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue())
                .collect(Collectors.joining("\n")));
        List<String> command = StartedProcess.java(
                "256m", "org.apache.kafka.connect.cli.ConnectDistributed", List.of(file.toString()));
        command.add(1, "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.connect.runtime.rest.RestServer=info");
        process = StartedProcess.start(folder, command);
    }

    /// Makes a connector, or gives it other settings; awaits that the workers take it.
    void put(String connector, Map<String, String> settings) {
        String json = settings.entrySet().stream().map(one -> "\"" + one.getKey() + "\":\"" + one.getValue() + "\"")
                .collect(Collectors.joining(",", "{", "}"));
        try {
            Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(500)).ignoreExceptions().untilAsserted(
                    () -> {
                        HttpResponse<String> answer = send("/connectors/" + connector + "/config",
                                HttpRequest.newBuilder().header("Content-Type", "application/json")
                                        .PUT(HttpRequest.BodyPublishers.ofString(json)));
                        assertEquals(2, answer.statusCode() / 100, answer::body);
                    });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(said(), e);
        }
    }

    /// JSON.
    String status(String connector) {
        return Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).ignoreExceptions().until(
                () -> send("/connectors/" + connector + "/status", HttpRequest.newBuilder()),
                answer -> answer.statusCode() == 200).body();
    }

    private HttpResponse<String> send(String path, HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return http.send(request.uri(URI.create(address() + path)).timeout(Duration.ofSeconds(20)).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private String address() {
        Matcher found = LISTENS.matcher(said());
        if (!found.find()) {
            throw new IllegalStateException("It does not listen yet");
        }
        return found.group(1);
    }

    String said() {
        return process.output() + process.errors();
    }

    /// SIGTERM; returns when it is gone.
    void stop() {
        process.terminate();
        process.exitCode();
    }

    /// SIGKILL.
    @Override
    public void close() {
        http.close();
        process.close();
    }
}
