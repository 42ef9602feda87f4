package io.chapar.compatibility;

import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Clients that are not Kafka's own, against three brokers of which each is killed in turn and comes back: what they
/// were told is written is there once, what they did not commit is not. Skipped where a client is not installed, except
/// in CI.
@Tag("nightly")
class ForeignClientsOfAClusterIT {
    private static final int ROUNDS = 3;
    private static final long BEFORE_MS = 2_000;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private ChaosCluster cluster;
    private StockClients clients;

    @BeforeEach
    void start() throws Exception {
        cluster = new ChaosCluster(folder.resolve("cluster"), Map.of("offsets.topic.num.partitions", "3",
                "transaction.state.log.num.partitions", "3"));
        cluster.start();
        clients = new StockClients(cluster.bootstrap());
        try (Admin admin = clients.admin()) {
            admin.createTopics(List.of(ChaosLoad.replicated("plain", 3), ChaosLoad.replicated("transactional", 3),
                    ChaosLoad.replicated("lines", 1))).all().get();
        }
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    /// What a client does meanwhile.
    interface Work {
        void untilKilled(long deadlineNanos) throws Exception;
    }

    private void killEachInTurn(Work work) throws Exception {
        work.untilKilled(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BEFORE_MS));
        for (int i = 0; i < ROUNDS; i++) {
            int broker = i % ChaosCluster.BROKERS + 1;
            cluster.kill(broker);
            work.untilKilled(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BEFORE_MS));
            cluster.start();
            work.untilKilled(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(BEFORE_MS));
            cluster.awaitAllInSync();
        }
    }

    @Test
    void transactionsOfLibrdkafka() throws Exception {
        List<String> committed = new ArrayList<>();
        List<String> complaints = new ArrayList<>();
        try (Librdkafka librdkafka = new Librdkafka(folder, cluster.bootstrap())) {
            librdkafka.must("new", "one", "librdkafka-cluster", 60_000);
            int[] number = {0};
            killEachInTurn(deadline -> {
                while (System.nanoTime() < deadline) {
                    committed.addAll(transaction(librdkafka, number[0]++, complaints));
                }
            });
            committed.addAll(transaction(librdkafka, number[0]++, complaints));
        }
        List<String> seen = clients.values("transactional", StockClients.READ_COMMITTED);
        assertEquals(committed.stream().sorted().toList(), seen.stream().sorted().toList());
        assertTrue(committed.size() >= 3 * ROUNDS, committed::toString);
        System.out.println("librdkafka, transactions of three records, each of three brokers killed: "
                + committed.size() + " records committed, complaints " + complaints);
    }

    /// The values, or none where it was aborted. What the client may try again is tried again.
    private static List<String> transaction(Librdkafka client, int number, List<String> complaints) {
        List<String> values = new ArrayList<>();
        client.must("begin", "one");
        for (int partition = 0; partition < 3; partition++) {
            String value = number + "." + partition;
            String said = client.tell("send", "one", "transactional", partition, value);
            if (!said.equals("ok")) {
                complaints.add("send: " + said);
                retried(client, "abort", complaints);
                return List.of();
            }
            values.add(value);
        }
        return retried(client, number % 5 == 4 ? "abort" : "commit", complaints) ? values : List.of();
    }

    private static boolean retried(Librdkafka client, String how, List<String> complaints) {
        for (int i = 0; i < 5; i++) {
            String said = client.tell(how, "one");
            if (said.equals("ok")) {
                return how.equals("commit");
            }
            complaints.add(how + ": " + said);
            if (said.endsWith("abort")) {
                retried(client, "abort", complaints);
                return false;
            }
            assertTrue(said.endsWith("retry"), said);
        }
        throw new AssertionError(how + " fails again and again: " + complaints);
    }

    @Test
    void kcatWritesAndReadsInAGroup() throws Exception {
        boolean installed = Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(each -> Files.isExecutable(Path.of(each, "kcat")));
        Assumptions.assumeTrue(installed || "true".equals(System.getenv("CI")), "kcat is not installed");
        Path out = folder.resolve("kcat.out");
        Process reader = new ProcessBuilder("kcat", "-b", cluster.bootstrap(), "-G", "kcat-group", "-q", "-u",
                "-X", "auto.offset.reset=earliest", "lines")
                .redirectOutput(out.toFile()).redirectError(folder.resolve("kcat.reader").toFile()).start();
        Path errors = folder.resolve("kcat.writer");
        Process writer = new ProcessBuilder("kcat", "-b", cluster.bootstrap(), "-P", "-t", "lines",
                "-X", "enable.idempotence=true", "-X", "linger.ms=1").redirectError(errors.toFile()).start();
        int[] number = {0};
        try (OutputStream lines = writer.getOutputStream()) {
            killEachInTurn(deadline -> {
                while (System.nanoTime() < deadline) {
                    lines.write(("line " + number[0]++ + "\n").getBytes(StandardCharsets.UTF_8));
                    lines.flush();
                    TimeUnit.MILLISECONDS.sleep(2);
                }
            });
        }
        try {
            assertTrue(writer.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "kcat ends");
            assertEquals(0, writer.exitValue(), () -> read(errors));
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < number[0]; i++) {
                expected.add("line " + i);
            }
            assertEquals(expected, clients.values("lines", StockClients.READ_COMMITTED));
            org.awaitility.Awaitility.await().atMost(LIMIT).untilAsserted(() ->
                    assertEquals(new TreeSet<>(expected), new TreeSet<>(Files.readAllLines(out))));
            System.out.println("kcat, idempotent, each of three brokers killed: " + expected.size()
                    + " lines written, in order and once; its group read " + Files.readAllLines(out).size());
        } finally {
            reader.destroy();
            reader.onExit().join();
            writer.destroyForcibly();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void kafkajsAtItsDefaults() throws Exception {
        Path script = folder.resolve("kafkajs-cluster.js");
        try (var found = ForeignClientsOfAClusterIT.class.getResourceAsStream("/kafkajs-cluster.js")) {
            Files.write(script, found.readAllBytes());
        }
        Npm.install(folder, Npm.KAFKAJS);
        JsonNode said;
        try (StartedProcess node = StartedProcess.start(folder, Map.of("KAFKAJS_NO_PARTITIONER_WARNING", "1"),
                List.of("node", script.toString(), cluster.bootstrap(), "plain", "transactional"))) {
            assertEquals("started", node.line());
            killEachInTurn(deadline -> TimeUnit.NANOSECONDS.sleep(deadline - System.nanoTime()));
            node.input().close();
            String line = node.line();
            assertNotNull(line, node::errors);
            said = JsonMapper.shared().readTree(line);
        }
        assertTrue(said.path("fatal").isMissingNode(), said::toString);
        List<String> plain = values(said, "acknowledged");
        List<String> committed = values(said, "committed");
        List<String> there = once("plain", said);
        assertTrue(there.containsAll(plain), "all that was acknowledged");
        List<String> seen = once("transactional", said);
        assertTrue(seen.containsAll(committed), "all that was committed");
        assertEquals(0, seen.size() % 3, "whole transactions");
        assertTrue(plain.size() > 100 && committed.size() > 100, said::toString);
        assertEquals(List.of(), values(said, "missing"), "its group reads all");
        System.out.println("kafkajs, each of three brokers killed: " + plain.size() + " records acknowledged, "
                + committed.size() + " in transactions, " + said.path("again") + " read twice by its group, failures "
                + said.path("failures"));
    }

    /// The values of a topic, in which none is there twice.
    private List<String> once(String topic, JsonNode said) {
        Map<String, ConsumerRecord<String, String>> all = new TreeMap<>();
        List<String> again = new ArrayList<>();
        for (ConsumerRecord<String, String> each : clients.records(topic, StockClients.READ_COMMITTED)) {
            ConsumerRecord<String, String> before = all.put(each.value(), each);
            if (before != null) {
                again.add(each.value() + " at " + before.partition() + ":" + before.offset() + " and "
                        + each.partition() + ":" + each.offset());
            }
        }
        assertEquals(List.of(), again, () -> "twice in " + topic + "; failures " + said.path("failures"));
        return List.copyOf(all.keySet());
    }

    private static List<String> values(JsonNode said, String name) {
        List<String> all = new ArrayList<>();
        said.path(name).forEach(each -> all.add(each.asString()));
        return all;
    }
}
