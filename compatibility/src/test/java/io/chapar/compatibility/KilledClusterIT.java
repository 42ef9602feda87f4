package io.chapar.compatibility;

import io.chapar.cli.process.ProcessIdentity.Signal;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers under load get SIGKILL, SIGTERM and SIGSTOP, one after the other and all at once, and come back. No
/// committed transaction is torn or lost, no other one visible, none is stuck in the end; what was acknowledged with
/// acks=all is there; what Kafka's clients and our SDK copy exactly once is there once; and the replicas have the same
/// bytes.
class KilledClusterIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Duration LONG_RUN = Duration.ofMinutes(5);
    private static final int LEAST_FAILOVERS = 10;

    @TempDir
    Path folder;

    private enum Strike { KILL_LEADER, KILL, TERM, STOP, KILL_ALL }

    /// What comes next; ends where there is nothing more to come.
    private interface Strikes {
        Optional<Strike> next();
    }

    @Test
    void nothingAcknowledgedIsLost() throws Exception {
        Iterator<Strike> all = List.of(
                Strike.KILL_LEADER, Strike.TERM, Strike.STOP, Strike.KILL_ALL, Strike.KILL_LEADER).iterator();
        chaos(() -> all.hasNext() ? Optional.of(all.next()) : Optional.empty(), Duration.ofSeconds(1), 1);
    }

    /// Every other strike is against a leader, which is timed; the others at random.
    @Test
    @Tag("nightly")
    void nothingAcknowledgedIsLostInFiveMinutes() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long until = System.nanoTime() + LONG_RUN.toNanos();
        int[] count = {0};
        List<Long> failovers = chaos(() -> {
            int number = count[0]++;
            if (number >= 2 * LEAST_FAILOVERS && System.nanoTime() - until >= 0) {
                return Optional.empty();
            }
            return Optional.of(number % 2 == 0
                    ? Strike.KILL_LEADER : Strike.values()[random.nextInt(Strike.values().length)]);
        }, Duration.ofSeconds(2), seed);
        assertTrue(failovers.size() >= LEAST_FAILOVERS, failovers::toString);
        assertTrue(median(failovers) <= 1_000, () -> "the median is within 1 s: " + failovers);
        assertTrue(Collections.max(failovers) <= 3_000, () -> "the worst is within 3 s: " + failovers);
    }

    /// @param rest between a broker's return and the next strike
    /// @return ms from the SIGKILL of each leader to the first write that was acknowledged
    private List<Long> chaos(Strikes strikes, Duration rest, long seed) throws Exception {
        Random random = new Random(seed);
        try (ChaosCluster cluster = new ChaosCluster(folder.resolve("cluster"), Map.of(
                "num.partitions", "3", "offsets.topic.num.partitions", "3",
                "transaction.state.log.num.partitions", "3"))) {
            cluster.start();
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                ChaosLoad.createTopics(admin);
                return run(cluster, clients, admin, strikes, rest, random);
            } catch (Exception | Error e) {
                throw new AssertionError("Seed " + seed + ": " + e.getMessage() + "\n" + cluster.lastWords(), e);
            }
        }
    }

    private static List<Long> run(ChaosCluster cluster, StockClients clients, Admin admin, Strikes strikes,
            Duration rest, Random random) throws Exception {
        List<Long> failovers = new ArrayList<>();
        Map<Strike, Integer> struck = new EnumMap<>(Strike.class);
        try (ChaosLoad load = new ChaosLoad(clients)) {
            for (Optional<Strike> strike = strikes.next(); strike.isPresent(); strike = strikes.next()) {
                load.awaitProgress(rest);
                strike(strike.get(), cluster, admin, load.probe(), failovers, random);
                struck.merge(strike.get(), 1, Integer::sum);
                load.catchUp();
            }
            load.awaitProgress(rest);
            load.finish();
            System.out.println("chaos of a cluster: " + struck + ", " + load
                    + "; from a leader's SIGKILL to the first acknowledged write: median " + median(failovers)
                    + " ms, worst " + failovers.stream().mapToLong(Long::longValue).max().orElse(-1) + " ms of "
                    + failovers);
        }
        cluster.awaitSameEnds();
        cluster.stopAll();
        cluster.assertSameBytes();
        return failovers;
    }

    private static long median(List<Long> values) {
        return values.isEmpty() ? -1 : values.stream().sorted().toList().get(values.size() / 2);
    }

    private static Node leader(Admin admin) throws Exception {
        return admin.describeTopics(List.of(ChaosLoad.PROBE)).allTopicNames().get().get(ChaosLoad.PROBE).partitions()
                .getFirst().leader();
    }

    private static void strike(Strike strike, ChaosCluster cluster, Admin admin, FailoverProbe probe,
            List<Long> failovers, Random random) throws Exception {
        int victim = 1 + random.nextInt(ChaosCluster.BROKERS);
        switch (strike) {
            case KILL_LEADER -> {
                int leader = Awaitility.await().atMost(PATIENCE).until(() -> leader(admin),
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
}
