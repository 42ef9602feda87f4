package io.chapar.cli;

import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.testing.FreePorts;
import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What `chapar cluster status` says of a follower that is throttled, of one whose process stands still, and of one in
/// sync whose link is slow.
final class SlowReplicasIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int RECORDS = 4_000;

    @TempDir
    private Path folder;
    private StartedProcess leader;
    private StartedProcess follower;
    private String bootstrap = "";

    /// The second one does not vote, so that the first one can go on without it.
    ///
    /// @param quorum the port that is named for the first one; the one behind it is dialled by the second
    private void start(int quorum, String... more) throws IOException {
        String voter = "1@127.0.0.1:" + quorum;
        leader = broker(1, voter, more);
        bootstrap = ReadyLine.of(leader).address();
        follower = broker(2, voter, "--set", "peer.listener=127.0.0.1:" + FreePorts.one());
        ReadyLine.of(follower);
    }

    private StartedProcess broker(int node, String voter, String... more) throws IOException {
        return ChaparProcess.start(folder, Stream.concat(Stream.of("broker", "--listen",
                "127.0.0.1:" + FreePorts.one(), "--data", folder.resolve("node-" + node).toString(), "--node-id",
                Integer.toString(node), "--quorum", voter), Stream.of(more)).toArray(String[]::new));
    }

    @AfterEach
    void end() {
        Stream.of(leader, follower).filter(process -> process != null).forEach(StartedProcess::close);
    }

    private String done(String input, String... words) {
        return RunningBroker.done(Run.withInput(input, Stream.concat(Stream.of(words),
                Stream.of("--bootstrap", bootstrap)).toArray(String[]::new)));
    }

    private Map<?, ?> status() {
        return (Map<?, ?>) requireNonNull(Json.read(
                done("", "cluster", "status", "-o", "json").getBytes(StandardCharsets.UTF_8)));
    }

    private Map<?, ?> await(Predicate<Map<?, ?>> so) {
        return Awaitility.await().atMost(PATIENCE).until(this::status, so);
    }

    private static long count(Map<?, ?> status) {
        return ((Number) requireNonNull(status.get("slowReplicaCount"))).longValue();
    }

    private static Map<?, ?> only(Map<?, ?> status, String list) {
        List<?> all = (List<?>) requireNonNull(status.get(list));
        assertEquals(1, all.size(), status.toString());
        return (Map<?, ?>) all.getFirst();
    }

    private static long number(Map<?, ?> from, String name) {
        return from.get(name) instanceof Number number ? number.longValue() : 0;
    }

    @Test
    void aFollowerIsSlowWhileItIsThrottledAndWhileItStandsStill() throws Exception {
        start(FreePorts.inARow(2));
        done("", "cluster", "drain", "2");
        done("", "topic", "create", "kept", "--partitions", "1", "--replication-factor", "1");
        done("", "cluster", "drain", "2", "--undo");
        done("0123456789".repeat(50).concat("\n").repeat(RECORDS), "produce", "kept");
        assertEquals(0, count(status()));
        assertFalse(done("", "cluster", "status").contains("Slow replicas, by broker"));

        done("", "cluster", "reassign", "--replication", "2", "--topic", "kept", "--throttle", "1000");
        Map<?, ?> moving = await(one -> count(one) == 1 && number(only(one, "slowReplicas"), "bytesBehind") > 0);
        Map<?, ?> slow = only(moving, "slowReplicas");
        assertEquals(List.of("kept", 2L, 1L, false), List.of(slow.get("topic"), number(slow, "broker"),
                number(slow, "leader"), slow.get("inSync")));
        long records = number(slow, "recordsBehind");
        assertTrue(records > 0 && records <= RECORDS, slow.toString());
        assertTrue(number(slow, "bytesBehind") >= records * 500, slow.toString());
        Map<?, ?> broker = only(moving, "slowBrokers");
        assertEquals(List.of(2L, 1L, records, number(slow, "bytesBehind")), List.of(number(broker, "broker"),
                number(broker, "replicas"), number(broker, "recordsBehind"), number(broker, "bytesBehind")));
        String text = done("", "cluster", "status");
        assertTrue(text.contains("\nSlow replicas, by broker:\n  2: 1 replica, ") && text.lines().anyMatch(
                line -> line.matches("kept +0 +2 +1 +false +\\d+ +\\d+")), text);

        done("", "cluster", "reassign", "--throttle", "off");
        await(one -> count(one) == 0);

        signal("-STOP");
        Map<?, ?> still = only(await(one -> count(one) == 1), "slowReplicas");
        assertEquals(2, number(still, "broker"));
        assertTrue(still.containsKey("recordsBehind") && still.get("recordsBehind") == null, still.toString());
        assertTrue(done("", "cluster", "status").contains("\n  2: 1 replica, nobody knows how far behind\n"));
        signal("-CONT");
        await(one -> count(one) == 0);
    }

    @Test
    @Tag("nightly")
    void aFollowerInSyncIsSlowWhileItsLinkIs() throws Exception {
        int quorum = FreePorts.inARow(2);
        try (LateLink link = new LateLink(quorum + 1, "127.0.0.2")) {
            start(quorum, "--set", "peer.listener=127.0.0.2:" + (quorum + 1));
            done("", "topic", "create", "kept", "--partitions", "2", "--replication-factor", "2");
            AtomicBoolean writes = new AtomicBoolean(true);
            Thread writer = Thread.ofVirtual().start(() -> writeWhile(writes));
            link.delayMs(300);
            Map<?, ?> slow = only(await(one -> count(one) == 1), "slowReplicas");
            assertEquals(List.of(2L, 1L, true),
                    List.of(number(slow, "broker"), number(slow, "leader"), slow.get("inSync")));
            assertTrue(number(slow, "recordsBehind") > 0, slow.toString());
            link.delayMs(0);
            await(one -> count(one) == 0);
            writes.set(false);
            writer.join();
        }
    }

    /// To both partitions, one of which each broker leads.
    private void writeWhile(AtomicBoolean writes) {
        ProducerConfig config = ProducerConfig.builder(bootstrap).build();
        try (Producer<String, String> producer = Producer.open(config, Serdes.string(), Serdes.string())) {
            for (int i = 0; writes.get(); i++) {
                producer.send(new ProducerRecord<>("kept", i % 2, null, null, "v", List.of()));
                LockSupport.parkNanos(MILLISECONDS.toNanos(2));
            }
        }
    }

    private void signal(String signal) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", signal, Long.toString(follower.pid())).start().waitFor());
    }
}
