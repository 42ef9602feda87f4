package io.chapar.cli;

import io.chapar.testing.FreePorts;
import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// As [AlertsIT], for what happens to clusters alone: brokers stand still and die one after the other.
@Tag("nightly")
final class ClusterAlertsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final long SECOND_NS = 1_000_000_000;

    @TempDir
    Path folder;

    private final Map<Integer, StartedProcess> brokers = new TreeMap<>();
    private final Map<Integer, ReadyLine> ready = new TreeMap<>();

    private void start() throws IOException {
        List<String> voters = new ArrayList<>();
        for (int node = 1; node <= 3; node++) {
            voters.add(node + "@127.0.0.1:" + FreePorts.inARow(2));
        }
        for (int node = 1; node <= 3; node++) {
            Path own = Files.createDirectory(folder.resolve("node-" + node));
            brokers.put(node, ChaparProcess.start(own, "broker", "--listen", "127.0.0.1:" + FreePorts.one(), "--data",
                    own.resolve("data").toString(), "--node-id", Integer.toString(node), "--quorum",
                    String.join(",", voters), "--metrics", "127.0.0.1:0"));
        }
        brokers.forEach((node, broker) -> ready.put(node, ReadyLine.of(broker)));
    }

    @AfterEach
    void end() {
        brokers.values().forEach(StartedProcess::close);
    }

    private String done(String input, String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap", ready.get(1).address()));
        return RunningBroker.done(Run.withInput(input, line.toArray(String[]::new)));
    }

    private Scrape scrape() throws IOException, InterruptedException {
        return Scrape.of(ready.get(1).metrics());
    }

    private Scrape await(Predicate<Scrape> so) {
        return Awaitility.await().atMost(PATIENCE).until(this::scrape, so);
    }

    private void fires(Scrape first, Scrape second, String... alerts) throws IOException {
        Promtool.assertFires(folder, first, second, List.of(alerts), List.of());
    }

    private Scrape after(Scrape first) {
        return await(one -> one.atNs() - first.atNs() > SECOND_NS);
    }

    @Test
    void eachOneFires() throws Exception {
        Assumptions.assumeTrue(Promtool.isThere(), "SKIPPED: promtool (of Debian's package prometheus) is not there");
        start();
        done("", "topic", "create", "kept", "--partitions", "6", "--replication-factor", "3", "--config",
                "min.insync.replicas=3");
        done("", "topic", "create", "single", "--partitions", "9", "--replication-factor", "1");
        await(one -> one.value("chapar_partitions_under_replicated") == 0
                && one.value("chapar_brokers{state=\"active\"}") == 3);

        String led = ledByTheFirst();
        signal("-STOP", 3);
        Scrape standing = scrape();
        done("x\n".repeat(20_000), "produce", "kept", "--acks", "1", "--partition", led);
        fires(standing, after(standing), "ChaparReplicaLags");

        brokers.get(3).close();
        Scrape dead = await(one -> one.value("chapar_brokers{state=\"fenced\"}") == 1
                && one.value("chapar_partitions_leaderless") > 0 && one.value("chapar_partitions_under_replicated") > 0
                && one.value("chapar_partitions_below_min_insync") > 0);
        fires(dead, after(dead), "ChaparBrokerFenced", "ChaparPartitionsLeaderless",
                "ChaparPartitionsUnderReplicated", "ChaparPartitionsBelowMinInSync");

        brokers.get(2).close();
        Scrape alone = await(one -> one.value("chapar_controller_known") == 0);
        fires(alone, after(alone), "ChaparNoController");
    }

    /// A partition of the topic that broker 1 leads.
    private String ledByTheFirst() {
        String said = done("", "topic", "describe", "kept", "-o", "json");
        Matcher found = Pattern.compile("\\{\"partition\":(\\d+),\"leader\":1,").matcher(said);
        assertTrue(found.find(), said);
        return found.group(1);
    }

    /// Of a group whose coordinator is one broker and whose partitions are led by all.
    @Test
    void aGroupsLagIsKnownWhoeverLeadsWhatItReads() throws Exception {
        start();
        done("", "topic", "create", "spread", "--partitions", "6", "--replication-factor", "1");
        for (int partition = 0; partition < 6; partition++) {
            done("a\nb\n", "produce", "spread", "--partition", Integer.toString(partition));
        }
        done("", "group", "reset", "billing", "spread", "--to", "earliest", "--execute");
        Awaitility.await().atMost(PATIENCE).until(() -> {
            double told = 0;
            for (ReadyLine one : ready.values()) {
                told += Scrape.of(one.metrics()).value("chapar_group_lag{group=\"billing\"}");
            }
            return told == 12;
        });
    }

    private void signal(String signal, int node) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", signal, Long.toString(brokers.get(node).pid())).start().waitFor());
    }
}
