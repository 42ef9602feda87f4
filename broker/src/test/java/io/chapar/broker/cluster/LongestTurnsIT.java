package io.chapar.broker.cluster;

import io.chapar.broker.Broker;
import io.chapar.broker.LoopProbe;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.testing.FreePorts;
import io.chapar.testing.StartedProcess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Node;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// For how long one turn holds a loop, in processor time, of brokers with 10,000 partitions: while nothing is asked of
/// them, while a topic of 1,000 partitions comes and goes, and when a broker is lost that led a third of them.
///
/// A broker is lost twice. The first time the controller interprets what it has never run before, for every partition
/// in one turn, and perhaps has just been elected; that is judged apart, with a limit that only says that it has not
/// grown: it is no promise. Whoever loses a broker for the first time meets it.
@Tag("nightly")
@Timeout(900)
class LongestTurnsIT {
    private static final int TOPICS = 10;
    private static final int PARTITIONS = 1_000;
    private static final long MOST_MS = 50;
    private static final long MOST_COLD_MS = 250;
    private static final Duration IDLE = Duration.ofSeconds(5);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    private final Map<String, Long> longest = new LinkedHashMap<>();
    private final Map<String, Long> longestCold = new LinkedHashMap<>();
    private final List<LoopProbe> probes = new ArrayList<>();

    private interface Work {
        void run() throws Exception;
    }

    private void measure(String what, Work work) throws Exception {
        measure(what, longest, work);
    }

    private void measure(String what, Map<String, Long> into, Work work) throws Exception {
        probes.forEach(LoopProbe::longestMs);
        work.run();
        into.put(what, probes.stream().mapToLong(LoopProbe::longestMs).max().orElseThrow());
    }

    private void assertShort(String where) {
        System.out.println("longest turn of a loop, ms of processor time, " + where + ": " + longest
                + ", of code that has never run before: " + longestCold);
        assertTrue(longest.values().stream().allMatch(ms -> ms <= MOST_MS), longest::toString);
        assertTrue(longestCold.values().stream().allMatch(ms -> ms <= MOST_COLD_MS), longestCold::toString);
    }

    private static void await(Callable<Boolean> condition) {
        Awaitility.await().atMost(LIMIT).pollInterval(Duration.ofMillis(200)).ignoreExceptions().until(condition);
    }

    private static void idle() {
        long from = System.nanoTime();
        Awaitility.await().until(() -> System.nanoTime() - from >= IDLE.toNanos());
    }

    private static void create(Admin admin, String name, int factor) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) factor))).all().get();
        awaitInSync(admin, List.of(name), factor);
    }

    private static void awaitInSync(Admin admin, List<String> names, int inSync) {
        await(() -> admin.describeTopics(names).allTopicNames().get().values().stream().allMatch(
                topic -> topic.partitions().stream().allMatch(each -> each.isr().size() == inSync
                        && each.leader() != null && !each.leader().isEmpty())));
    }

    private void comesAndGoes(Admin admin, int factor) throws Exception {
        measure("idle", LongestTurnsIT::idle);
        measure("created", () -> create(admin, "short-lived", factor));
        measure("deleted", () -> {
            admin.deleteTopics(List.of("short-lived")).all().get();
            idle();
        });
    }

    private static List<String> names() {
        return IntStream.range(0, TOPICS).mapToObj(i -> "many-" + i).toList();
    }

    @Test
    void ofOneBroker() throws Exception {
        try (GrowingCluster cluster = new GrowingCluster(folder)) {
            Broker broker = cluster.start(1, List.of());
            probes.add(new LoopProbe(broker));
            try (Admin admin = Admin.create(cluster.clients(1))) {
                measure("all created", () -> {
                    for (String name : names()) {
                        create(admin, name, 1);
                    }
                });
                comesAndGoes(admin, 1);
            }
        }
        assertShort("one broker");
    }

    private static void end(StartedProcess process) {
        process.close();
    }

    /// The third is a process of its own, which is killed.
    @Test
    void ofThreeBrokers() throws Exception {
        Map<Integer, Integer> ports = new LinkedHashMap<>();
        for (int node = 1; node <= 3; node++) {
            ports.put(node, FreePorts.inARow(2));
        }
        String quorum = ports.entrySet().stream().map(one -> one.getKey() + "@127.0.0.1:" + one.getValue())
                .collect(Collectors.joining(","));
        String third = "127.0.0.1:" + FreePorts.one();
        List<Broker> brokers = new ArrayList<>();
        try (StartedProcess lost = third(third, quorum)) {
            List<Thread> starting = new ArrayList<>();
            for (int node = 1; node <= 2; node++) {
                List<String> own = settings(node, "127.0.0.1:" + FreePorts.one(), quorum);
                starting.add(Thread.ofVirtual().start(() -> {
                    Broker broker = start(own);
                    synchronized (brokers) {
                        brokers.add(broker);
                    }
                }));
            }
            for (Thread one : starting) {
                one.join();
            }
            brokers.forEach(broker -> probes.add(new LoopProbe(broker)));
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers.getFirst().address().toString(),
                    "default.api.timeout.ms", "180000", "request.timeout.ms", "120000"))) {
                await(() -> admin.describeCluster().nodes().get().size() == 3);
                measure("all created", () -> {
                    for (String name : names()) {
                        create(admin, name, 3);
                    }
                });
                comesAndGoes(admin, 3);
                lose(lost, admin, longestCold);
                try (StartedProcess again = third(third, quorum)) {
                    measure("broker 3 is back", longestCold, () -> awaitInSync(admin, names(), 3));
                    idle();
                    lose(again, admin, longest);
                }
            }
        } finally {
            brokers.forEach(Broker::close);
        }
        assertShort("three brokers");
    }

    private StartedProcess third(String listener, String quorum) {
        return StartedProcess.startJava(folder, "512m", LongestTurnsIT.class.getName(),
                settings(3, listener, quorum));
    }

    private void lose(StartedProcess third, Admin admin, Map<String, Long> into) throws Exception {
        int leader = admin.describeMetadataQuorum().quorumInfo().get().leaderId();
        measure("broker 3 of 3 lost, broker " + leader + " decides", into, () -> {
            end(third);
            await(() -> admin.describeCluster().nodes().get().stream().map(Node::id).noneMatch(id -> id == 3));
            awaitInSync(admin, names(), 2);
            idle();
        });
    }

    private List<String> settings(int node, String listener, String quorum) {
        return List.of("node.id=" + node, "listeners=" + listener, "log.dirs=" + folder.resolve("node-" + node),
                "quorum=" + quorum, "num.network.threads=1");
    }

    private static Broker start(List<String> settings) {
        return Broker.start(BrokerConfig.of(settings.stream().collect(Collectors.toMap(
                each -> each.substring(0, each.indexOf('=')), each -> each.substring(each.indexOf('=') + 1)))));
    }

    /// A broker until it is killed.
    public static void main(String[] settings) throws InterruptedException {
        try (Broker _ = start(Arrays.asList(settings))) {
            Thread.currentThread().join();
        }
    }
}
