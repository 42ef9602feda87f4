package io.chapar.compatibility;

import io.chapar.cli.cluster.BrokerArguments;
import io.chapar.cli.cluster.ClusterFile;
import io.chapar.cli.cluster.ClusterFolder;
import io.chapar.cli.cluster.LocalNode;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Brokers of a cluster that are killed while somebody operates it by its commands.
final class OperatedCluster implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(300);
    /// What is begun has an end, or says why it has none; nobody says it more often than this.
    private static final int MOST_TIMES = 4;
    private static final int MOST_LINES_OF_A_FAILURE = 3;
    /// A command's process needs about as long until it asks the cluster.
    private static final int LATEST_STRIKE_MS = 1_500;
    private static final Pattern CONTROLLER = Pattern.compile("\"controller\":(\\d+)");

    private final Path folder;
    private final Path home;
    private final ChaosCluster cluster;
    private final Random random;

    /// What a command said, and how it ended.
    record Said(int exitCode, String out, String err) {
        boolean isDone() {
            return exitCode == 0;
        }
    }

    /// Of three brokers, which run.
    OperatedCluster(Path folder, long seed) throws InterruptedException {
        this.folder = folder;
        this.random = new Random(seed);
        home = folder.resolve("cluster");
        cluster = new ChaosCluster(home, Map.of("num.partitions", "3", "offsets.topic.num.partitions", "3",
                "transaction.state.log.num.partitions", "3"));
        cluster.start();
    }

    ChaosCluster cluster() {
        return cluster;
    }

    StockClients clients() {
        return new StockClients(cluster.bootstrap());
    }

    StartedProcess begin(String... words) {
        List<String> line = new ArrayList<>(List.of(words));
        line.addAll(List.of("--bootstrap", cluster.bootstrap()));
        return ChaparProcess.command(folder, line);
    }

    private Said ended(StartedProcess command, String... words) {
        Awaitility.await(String.join(" ", words)).atMost(PATIENCE).pollInterval(Duration.ofMillis(20))
                .until(() -> !command.isAlive());
        Said said = new Said(command.exitCode(), command.output(), command.errors());
        System.out.println("$ chapar " + String.join(" ", words) + "\n" + said.out() + said.err()
                + (said.isDone() ? "" : "-> " + said.exitCode()));
        if (!said.isDone()) {
            assertEquals(1, said.exitCode(), said.err());
            assertFalse(said.err().isBlank(), "it says why");
            assertFalse(said.err().contains("\tat ") || said.err().contains("Exception"), said.err());
            assertTrue(said.err().lines().count() <= MOST_LINES_OF_A_FAILURE, said.err());
        }
        return said;
    }

    Said say(String... words) {
        try (StartedProcess command = begin(words)) {
            return ended(command, words);
        }
    }

    /// Says it until it is done.
    Said done(String... words) {
        Said said = say(words);
        for (int times = 1; !said.isDone() && times < MOST_TIMES; times++) {
            said = say(words);
        }
        assertTrue(said.isDone(), said.err());
        return said;
    }

    /// Says it, and kills a broker somewhere between its beginning and its end.
    ///
    /// @param victim asked for when the time has come
    Said struck(IntSupplier victim, String... words) throws InterruptedException {
        int delayMs = random.nextInt(LATEST_STRIKE_MS);
        try (StartedProcess command = begin(words)) {
            long begun = System.nanoTime();
            int broker = victim.getAsInt();
            Awaitility.await().pollInterval(Duration.ofMillis(5)).until(
                    () -> System.nanoTime() - begun >= Duration.ofMillis(delayMs).toNanos());
            kill(broker);
            System.out.println("  broker " + broker + " was killed " + delayMs + " ms after this began:");
            return ended(command, words);
        }
    }

    void kill(int broker) throws InterruptedException {
        cluster.kill(broker);
    }

    /// Starts what does not run, as often as that takes.
    void startAll() {
        Awaitility.await().atMost(PATIENCE).pollInterval(LOOK_AGAIN).ignoreExceptions().until(() -> {
            cluster.start();
            return true;
        });
    }

    /// As [#startAll], without one that somebody else starts, or nobody.
    void startAllBut(int id) {
        Awaitility.await().atMost(PATIENCE).pollInterval(LOOK_AGAIN).until(() -> {
            try {
                cluster.start();
            } catch (RuntimeException itIsMissing) {
                System.out.println("  " + itIsMissing.getMessage().lines().findFirst().orElse(""));
            }
            return cluster.file().nodes().values().stream().noneMatch(node -> node.id() != id && node.isGone());
        });
    }

    /// Who decides at the moment.
    int controller() {
        return Awaitility.await().atMost(PATIENCE).pollInterval(LOOK_AGAIN).ignoreExceptions().until(() -> {
            try (StartedProcess command = begin("cluster", "status", "-o", "json")) {
                command.exitCode();
                Matcher found = CONTROLLER.matcher(command.output());
                return found.find() ? Integer.parseInt(found.group(1)) : -1;
            }
        }, id -> id > 0);
    }

    /// Once it holds; what it says last is the reason.
    static void await(ThrowingRunnable holds) {
        Awaitility.await().atMost(PATIENCE).pollInterval(LOOK_AGAIN).ignoreExceptions().untilAsserted(holds);
    }

    /// Nothing is left that somebody would have to do something about.
    void awaitClean(int brokers) {
        await(() -> {
            try (StartedProcess command = begin("cluster", "status", "-o", "json")) {
                assertEquals(0, command.exitCode(), command.errors());
                String status = command.output();
                for (String none : List.of("leaderless", "belowMinInSync", "underReplicated")) {
                    assertTrue(status.contains('"' + none + "\":0,"), status);
                }
                assertTrue(status.contains("\"metadataTrouble\":null"), status);
                assertEquals(brokers, status.split("\"state\":\"active\"", -1).length - 1, status);
                assertEquals(brokers, status.split("\"state\":", -1).length - 1, status);
            }
        });
        assertEquals(List.of(), moving(), "nothing moves");
    }

    /// The lines of what moves.
    List<String> moving() {
        Said said = done("cluster", "reassign");
        return said.out().lines().skip(1).toList();
    }

    /// A further node, as one that votes beside those that do.
    StartedProcess startVoter(int id) {
        ClusterFile file = cluster.file();
        SortedSet<Integer> voters = new TreeSet<>(file.voters());
        voters.add(id);
        ClusterFolder at = new ClusterFolder(home);
        ClusterFile more = new ClusterFile(file.nodes(), voters, file.settings());
        return ChaparProcess.command(folder, BrokerArguments.of(at, more, file.node(id)));
    }

    /// As `quorum add` takes it.
    String voter(int id) {
        LocalNode node = cluster.file().node(id);
        return id + "@127.0.0.1:" + (node.port() + 1);
    }

    /// Who votes.
    List<Integer> voters() {
        try (StartedProcess command = begin("cluster", "quorum", "-o", "json")) {
            if (command.exitCode() != 0) {
                return List.of();
            }
            Matcher each = Pattern.compile("\"node\":(\\d+),\"address\":[^,]*,\"role\":\"(leader|follower)\"")
                    .matcher(command.output());
            return each.results().map(one -> Integer.valueOf(one.group(1))).sorted().toList();
        }
    }

    void awaitVoters(Integer... ids) {
        await(() -> assertEquals(List.of(ids), voters()));
    }

    /// Who is taken out ends at some moment, and is let in when it is started again.
    void startUntilAllVote() {
        await(() -> {
            cluster.start();
            assertEquals(List.of(1, 2, 3), voters());
        });
    }

    /// A plan in the form that `cluster reassign --plan` reads.
    Path plan(String topic, int partitions, List<Integer> replicas) throws Exception {
        StringBuilder all = new StringBuilder("{\"version\":1,\"partitions\":[");
        for (int i = 0; i < partitions; i++) {
            all.append(i == 0 ? "" : ",").append("{\"topic\":\"").append(topic).append("\",\"partition\":").append(i)
                    .append(",\"replicas\":").append(replicas).append('}');
        }
        return Files.writeString(Files.createTempFile(folder, "plan", ".json"), all + "]}");
    }

    String lastWords() throws Exception {
        return cluster.lastWords();
    }

    @Override
    public void close() {
        cluster.close();
    }
}
