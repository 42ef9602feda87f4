package io.chapar.compatibility;

import io.chapar.cli.process.ProcessIdentity.Signal;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers under load get SIGKILL, SIGTERM and SIGSTOP, one after the other and all at once, and come back. No
/// committed transaction is torn or lost, no other one visible, none is stuck in the end; what was acknowledged with
/// acks=all is there; and the replicas have the same bytes.
class KilledClusterIT {
    private static final int WRITERS = 6;
    /// Longer than an election, so that an impatient writer does not do nothing but give up.
    private static final int IMPATIENT_MS = 2_000;
    private static final String TOPIC = "chaos";
    private static final String PROBE = "probe";
    private static final int PARTITIONS = 3;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private enum Strike { KILL_LEADER, KILL, TERM, STOP, KILL_ALL }

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        chaos(List.of(Strike.KILL_LEADER, Strike.TERM, Strike.STOP, Strike.KILL_ALL, Strike.KILL_LEADER),
                Duration.ofSeconds(1), 1);
    }

    @Test
    @Tag("nightly")
    void nothingAcknowledgedIsLostInFiveMinutes() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Strike> strikes = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            strikes.add(i % 2 == 0 ? Strike.KILL_LEADER : Strike.values()[random.nextInt(Strike.values().length)]);
        }
        chaos(strikes, Duration.ofSeconds(4), seed);
    }

    /// @param rest between a broker's return and the next strike
    private void chaos(List<Strike> strikes, Duration rest, long seed) throws Exception {
        Random random = new Random(seed);
        try (ChaosCluster cluster = new ChaosCluster(folder.resolve("cluster"), Map.of(
                "num.partitions", "3", "offsets.topic.num.partitions", "3",
                "transaction.state.log.num.partitions", "3"))) {
            cluster.start();
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 3).configs(Map.of(
                        "min.insync.replicas", "2")), new NewTopic(PROBE, 1, (short) 3).configs(Map.of(
                        "min.insync.replicas", "2")))).all().get();
                run(cluster, clients, admin, strikes, rest, random);
            } catch (Exception | Error e) {
                throw new AssertionError("Seed " + seed + ": " + e.getMessage() + "\n" + cluster.lastWords(), e);
            }
        }
    }

    private static void run(ChaosCluster cluster, StockClients clients, Admin admin, List<Strike> strikes,
            Duration rest, Random random) throws Exception {
        TransactionLedger ledger = new TransactionLedger();
        List<ChaosWriter> writers = new ArrayList<>();
        List<Long> failovers = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new ChaosWriter(clients, ledger, TOPIC, PARTITIONS, i, IMPATIENT_MS));
        }
        try (FailoverProbe probe = new FailoverProbe(clients, PROBE);
                ChaosReader reader = new ChaosReader(clients, ledger, TOPIC, PARTITIONS);
                ChaosEnd end = new ChaosEnd(clients)) {
            writers.forEach(ChaosWriter::start);
            for (Strike strike : strikes) {
                awaitProgress(writers, ledger, rest);
                strike(strike, cluster, admin, probe, failovers, random);
                reader.catchUp();
            }
            awaitProgress(writers, ledger, rest);
            writers.forEach(ChaosWriter::finish);
            for (ChaosWriter writer : writers) {
                writer.join();
            }
            assertNoneFailed(writers);
            end.assertNothingIsOpen(TOPIC);
            reader.toTheEnd();
            reader.catchUp();
            end.assertOffsetsAgree(ledger, writers, TOPIC);
            probe.assertNothingIsLost();
            System.out.println("chaos of a cluster: " + strikes + ", " + ledger + ", " + probe
                    + "; from a leader's SIGKILL to the first acknowledged write: median " + median(failovers)
                    + " ms, worst " + failovers.stream().mapToLong(Long::longValue).max().orElse(-1) + " ms of "
                    + failovers);
        }
        assertTrue(ledger.aborted() > 0, "some were aborted");
        cluster.awaitAllInSync();
        cluster.stopAll();
        cluster.assertSameBytes();
    }

    private static long median(List<Long> values) {
        return values.isEmpty() ? -1 : values.stream().sorted().toList().get(values.size() / 2);
    }

    private static void strike(Strike strike, ChaosCluster cluster, Admin admin, FailoverProbe probe,
            List<Long> failovers, Random random) throws Exception {
        int victim = 1 + random.nextInt(ChaosCluster.BROKERS);
        switch (strike) {
            case KILL_LEADER -> {
                int leader = Awaitility.await().atMost(PATIENCE).until(() -> admin.describeTopics(List.of(PROBE))
                        .allTopicNames().get().get(PROBE).partitions().getFirst().leader(),
                        node -> node != null && !node.isEmpty()).id();
                cluster.kill(leader);
                long killed = System.nanoTime();
                Awaitility.await("the first write after the end of broker " + leader).atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(5)).until(() -> probe.firstAfterMs(killed) >= 0);
                failovers.add(probe.firstAfterMs(killed));
                cluster.start();
            }
            case KILL -> {
                cluster.kill(victim);
                cluster.start();
            }
            case TERM -> {
                cluster.stop(victim);
                cluster.start();
            }
            case STOP -> {
                cluster.signal(victim, Signal.STOP);
                long stopped = System.nanoTime();
                long length = Duration.ofMillis(500 + random.nextInt(4_500)).toNanos();
                Awaitility.await().until(() -> System.nanoTime() - stopped >= length);
                cluster.signal(victim, Signal.CONT);
            }
            case KILL_ALL -> {
                for (int broker = 1; broker <= ChaosCluster.BROKERS; broker++) {
                    cluster.kill(broker);
                }
                cluster.start();
            }
        }
    }

    private static void awaitProgress(List<ChaosWriter> writers, TransactionLedger ledger, Duration rest) {
        int before = ledger.committed();
        long from = System.nanoTime();
        Awaitility.await("progress").atMost(PATIENCE).until(() -> writers.stream().anyMatch(
                each -> each.failure() != null)
                || (System.nanoTime() - from >= rest.toNanos() && ledger.committed() >= before + WRITERS));
        assertNoneFailed(writers);
    }

    private static void assertNoneFailed(List<ChaosWriter> writers) {
        assertEquals(List.of(), writers.stream().map(ChaosWriter::failure).filter(f -> f != null).toList());
    }
}
