package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three processes under the load of Kafka's clients at their defaults are stopped and started one after the other, the
/// controller among them: nobody is told of a failure, and of the records written meanwhile, most of it right after a
/// stop or while leaders come back, 99 in 100 are acknowledged within 200 ms, where the machine is not busy with
/// anything else. `RollingRestartIT` of the broker is the short form.
@Tag("nightly")
class RolledClusterIT {
    private static final int ROUNDS = 3;
    private static final long P99_MS = 200;
    /// Before anything is stopped. A machine on which that takes longer cannot tell: it starts a process meanwhile.
    private static final long P99_OF_A_QUIET_MACHINE_MS = 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    /// Preferred leaders come back after 5 s.
    private static final Duration AFTER = Duration.ofSeconds(7);

    @TempDir
    Path folder;

    @Test
    void noRequestFailsAndFewAreSlow() throws Exception {
        try (ChaosCluster cluster = new ChaosCluster(folder.resolve("cluster"), Map.of(
                "offsets.topic.num.partitions", "3", "transaction.state.log.num.partitions", "3"))) {
            cluster.start();
            StockClients clients = new StockClients(cluster.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(ChaosLoad.replicated(DefaultsLoad.PLAIN, 3),
                        ChaosLoad.replicated(DefaultsLoad.TRANSACTIONAL, 3))).all().get();
                restartAll(cluster, clients, admin);
            } catch (Exception | Error e) {
                throw new AssertionError(e.getMessage() + "\n" + cluster.lastWords(), e);
            }
        }
    }

    private static void restartAll(ChaosCluster cluster, StockClients clients, Admin admin) throws Exception {
        List<String> said = new ArrayList<>();
        try (DefaultsLoad load = new DefaultsLoad(clients)) {
            load.awaitMore(1_000);
            long settled = System.nanoTime();
            load.awaitMore(2_000);
            DefaultsLoad.Latencies atRest = load.recordsSince(settled);
            long begun = System.nanoTime();
            for (int i = 0; i < ROUNDS * ChaosCluster.BROKERS; i++) {
                int broker = i % ChaosCluster.BROKERS + 1;
                long from = System.nanoTime();
                cluster.stop(broker);
                load.awaitMore(200);
                cluster.start();
                awaitInSync(admin);
                long inSync = System.nanoTime();
                Awaitility.await().atMost(LIMIT).until(() -> System.nanoTime() - inSync >= AFTER.toNanos());
                load.awaitMore(100);
                said.add("broker " + broker + ": records " + load.recordsSince(from) + ", transactions "
                        + load.transactionsSince(from));
            }
            DefaultsLoad.Latencies records = load.recordsSince(begun);
            DefaultsLoad.Latencies transactions = load.transactionsSince(begun);
            load.finish();
            System.out.println("rolling restart, no failure: records " + records + ", transactions " + transactions
                    + "; before: records " + atRest + "\n" + String.join("\n", said));
            assertTrue(atRest.p99() > P99_OF_A_QUIET_MACHINE_MS || records.p99() < P99_MS,
                    () -> "of all: " + records + ", before: " + atRest);
        }
    }

    private static void awaitInSync(Admin admin) {
        Awaitility.await().atMost(LIMIT).ignoreExceptions().until(() -> {
            Set<String> all = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
            return admin.describeTopics(all).allTopicNames().get().values().stream().allMatch(topic ->
                    topic.partitions().stream().allMatch(each -> each.isr().size() == ChaosCluster.BROKERS));
        });
    }
}
