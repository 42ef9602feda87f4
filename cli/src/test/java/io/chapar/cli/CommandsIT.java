package io.chapar.cli;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static io.chapar.cli.RunningBroker.done;
import static io.chapar.cli.RunningBroker.failed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The commands against a broker in a process of its own.
final class CommandsIT {
    @TempDir
    private static Path folder;
    private static RunningBroker broker;

    @BeforeAll
    static void start() throws IOException {
        broker = RunningBroker.start(folder, "group.initial.rebalance.delay.ms=0");
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Run run(String input, String... words) {
        return broker.run(input, words);
    }

    @Test
    void topicsComeAndGo() {
        assertEquals("Created topic comes with 3 partitions.\n", done(run("", "topic", "create", "comes", "-p", "3")));
        assertTrue(done(run("", "topic", "list")).lines().anyMatch(line -> line.matches("comes +3 +1")));
        assertTrue(done(run("", "topic", "list", "-o", "json"))
                .contains("{\"name\":\"comes\",\"partitions\":3,\"replicationFactor\":1}"));
        String described = done(run("", "topic", "describe", "comes"));
        assertTrue(described.startsWith("Topic comes, id "), described);
        assertEquals(5, described.lines().count(), described);
        failed(run("", "topic", "create", "comes"), "comes", "already");
        assertEquals("Deleted topic comes.\n", done(run("", "topic", "delete", "comes")));
        failed(run("", "topic", "describe", "comes"), "no topic 'comes'");
        failed(run("", "topic", "delete", "comes"), "no topic 'comes'");
        failed(run("", "topic", "create", "bad name"), "bad name");
        failed(run("", "topic", "create", "wrong", "--config", "retention.msec=1"), "retention.ms");
    }

    @Test
    void settingsOfATopicAreShownSetAndUnset() {
        done(run("", "topic", "create", "tuned", "--config", "flush.ms=9"));
        assertEquals("Set retention.ms=1000 on topic tuned.\nSet cleanup.policy=compact,delete on topic tuned.\n",
                done(run("", "config", "set", "tuned", "retention.ms=1000", "cleanup.policy=compact,delete")));
        String shown = done(run("", "config", "describe", "tuned"));
        assertTrue(shown.lines().anyMatch(line -> line.matches("retention.ms +1000 +topic")), shown);
        assertTrue(shown.lines().anyMatch(line -> line.matches("flush.ms +9 +topic")), shown);
        assertTrue(shown.lines().anyMatch(line -> line.matches("retention.bytes +-1 +default")), shown);
        failed(run("", "config", "set", "tuned", "flush.ms=7", "retention.msec=1"), "retention.ms");
        failed(run("", "config", "set", "nowhere", "retention.ms=1"), "no topic 'nowhere'");
        failed(run("", "config", "describe", "nowhere"), "no topic 'nowhere'");
        assertEquals("Unset retention.ms on topic tuned.\n", done(run("", "config", "unset", "tuned", "retention.ms")));
        String json = done(run("", "config", "describe", "tuned", "-o", "json"));
        assertTrue(json.contains("{\"name\":\"retention.ms\",\"value\":\"604800000\",\"from\":\"default\"}"), json);
        assertTrue(json.contains("{\"name\":\"flush.ms\",\"value\":\"9\",\"from\":\"topic\"}"), json);
        String broker = done(run("", "config", "describe", "--broker", "1"));
        assertTrue(broker.lines().anyMatch(line -> line.matches("group.initial.rebalance.delay.ms +0 +broker")),
                broker);
        failed(run("", "config", "describe", "--broker", "7"), "no broker 7");
    }

    @Test
    void linesGoInAndComeOut() {
        done(run("", "topic", "create", "lines"));
        String lines = IntStream.range(0, 1_000).mapToObj(i -> "line " + i + "\n").collect(Collectors.joining());
        assertEquals("Wrote 1000 records to lines.\n", run(lines, "produce", "lines", "--compression", "lz4").err());
        assertEquals(lines, done(run("", "consume", "lines", "--exit-at-end")));
        assertEquals("line 990\nline 991\n", done(run("", "consume", "lines", "--from", "990", "--count", "2")));
        assertEquals("", done(run("", "consume", "lines", "--from", "latest", "--exit-at-end")));
        String json = done(run("", "consume", "lines", "--count", "1", "-o", "json"));
        assertTrue(json.startsWith("{\"topic\":\"lines\",\"partition\":0,\"offset\":0,\"timestamp\":"), json);
        assertTrue(json.endsWith(",\"key\":null,\"value\":\"line 0\"}\n"), json);
        failed(run("", "consume", "nowhere", "--count", "1"), "no topic 'nowhere'");
        failed(run("", "consume", "lines", "--partition", "7", "--count", "1"), "7");
    }

    @Test
    void keysStayWithTheirValues() {
        done(run("", "topic", "create", "pairs", "-p", "4"));
        done(run("a\t1\nb\t2\na\t3\nlonely\n", "produce", "pairs", "--keyed"));
        List<String> out = done(run("", "consume", "pairs", "--keyed", "--exit-at-end")).lines().sorted().toList();
        assertEquals(List.of("\tlonely", "a\t1", "a\t3", "b\t2"), out);
    }

    @Test
    void aTransactionIsSeenByIsolationAndByItsCommands() {
        done(run("", "topic", "create", "orders"));
        done(run("one\ntwo\n", "produce", "orders", "--transactional-id", "import-1"));
        assertEquals("one\ntwo\n", done(run("", "consume", "orders", "--exit-at-end")));
        assertEquals("one\ntwo\n",
                done(run("", "consume", "orders", "--isolation", "read_uncommitted", "--exit-at-end")));
        assertTrue(done(run("", "txn", "list")).contains("import-1"));
        String described = done(run("", "txn", "describe", "import-1", "-o", "json"));
        assertTrue(described.startsWith("{\"transactionalId\":\"import-1\",\"state\":\"CompleteCommit\""), described);
        failed(run("", "txn", "describe", "nobody"), "nobody");
    }

    @Test
    void aGroupRemembersWhereItWas() {
        done(run("", "topic", "create", "shared"));
        done(run("1\n2\n3\n4\n5\n", "produce", "shared"));
        assertEquals("1\n2\n", done(run("", "consume", "shared", "--group", "readers", "--count", "2")));
        assertEquals("3\n4\n5\n", done(run("", "consume", "shared", "--group", "readers", "--exit-at-end")));
        assertTrue(done(run("", "group", "list")).contains("readers"));
        String described = done(run("", "group", "describe", "readers"));
        assertTrue(described.lines().anyMatch(line -> line.matches("shared +0 +5 +5 +0.*")), described);
        failed(run("", "group", "describe", "nobody"), "no group 'nobody'");
    }

    @Test
    void theClusterIsLookedAtAsAWhole() {
        done(run("", "topic", "create", "seen", "-p", "2", "--config", "min.insync.replicas=2"));
        String status = done(run("", "cluster", "status", "--partitions"));
        assertTrue(status.startsWith("Cluster:    "), status);
        assertTrue(status.contains(", controller 1\nMetadata:   fine\nPartitions: "), status);
        assertTrue(status.contains(": 0 without leader, 0 below min.insync.replicas, 0 under-replicated\n"), status);
        assertTrue(status.lines().anyMatch(line -> line.matches("seen +1 +1 +\\d+ +1 +1 +1 +- +fine")), status);
        assertTrue(status.contains("\nIf one more broker dies:\n  1: "), status);
        assertTrue(status.contains(" the last replica in sync: "), status);
        String brokers = done(run("", "cluster", "brokers"));
        assertTrue(brokers.lines().anyMatch(line ->
                line.matches(" +1 +" + broker.address() + " +- +active +true +\\d+ +\\d+ +-")), brokers);
        String quorum = done(run("", "cluster", "quorum"));
        assertTrue(quorum.startsWith("Leader:         1\nEpoch:          0\nHigh watermark: "), quorum);
        assertTrue(quorum.lines().anyMatch(line ->
                line.matches(" +1 +- +leader +\\d+ +0 +\\d+ +\\d+ +-")), quorum);
        String json = done(run("", "cluster", "status", "-o", "json"));
        assertTrue(json.contains("\"brokers\":[{\"broker\":1,\"address\":\"" + broker.address()
                + "\",\"state\":\"active\",\"controller\":true,"), json);
        assertTrue(json.contains("\"seen/0\",\"seen/1\""), json);
    }
}
