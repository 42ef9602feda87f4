package io.chapar.cli;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
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
    void whatIsNotThereKeepsNothingElseFromBeingDeleted() {
        done(run("", "topic", "create", "left-over"));
        Run again = run("", "topic", "delete", "gone-1", "left-over", "gone-2");
        failed(again, "no topic 'gone-1'", "no topic 'gone-2'");
        assertEquals("Deleted topic left-over.\n", again.out());
        done(run("a\n", "produce", "counted"));
        done(run("", "consume", "counted", "--group", "counting", "--exit-at-end"));
        Run groups = run("", "group", "delete", "nobody", "counting");
        failed(groups, "no group 'nobody'");
        assertEquals("Deleted group counting.\n", groups.out());
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
        broker.awaitNothingHeldBack("orders/0");
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
        assertTrue(status.contains("; the metadata loses its majority"), status);
        String brokers = done(run("", "cluster", "brokers"));
        assertTrue(brokers.lines().anyMatch(line ->
                line.matches(" +1 +" + broker.address() + " +- +active +true +\\d+ +\\d+ +-")), brokers);
        String levels = done(run("", "cluster", "upgrade"));
        assertTrue(levels.contains("chapar.version") && levels.contains("1:7-30")
                && levels.contains("All features are at the newest level"), levels);
        assertTrue(done(run("", "cluster", "upgrade", "--dry-run", "-o", "json")).contains("\"raised\":false"));

        String quorum = done(run("", "cluster", "quorum"));
        assertTrue(quorum.startsWith("Leader:         1\nEpoch:          0\nHigh watermark: "), quorum);
        assertTrue(quorum.lines().anyMatch(line ->
                line.matches(" +1 +- +leader +\\d+ +0 +\\d+ +\\d+ +-")), quorum);
        String json = done(run("", "cluster", "status", "-o", "json"));
        assertTrue(json.contains("\"brokers\":[{\"broker\":1,\"address\":\"" + broker.address()
                + "\",\"state\":\"active\",\"controller\":true,"), json);
        assertTrue(json.contains("\"seen/0\",\"seen/1\""), json);
    }

    @Test
    void nullAndEmptyValuesAreToldApart() {
        done(run("a\tx\r\nb\t\r\n", "produce", "deleted", "--keyed", "--tombstone", "-H", "from=here"));
        done(run("c\t\n\t\n", "produce", "deleted", "--keyed", "--keep-cr"));
        assertEquals("deleted/0@0 a=x 1 from=here\ndeleted/0@1 b=NULL -1 from=here\ndeleted/0@2 c= 0 \n"
                + "deleted/0@3 = 0 \n", done(run("", "consume", "deleted", "-e", "-Z", "NULL",
                        "-f", "%t/%p@%o %k=%v %V %h\\n")));
        String json = done(run("", "consume", "deleted", "-e", "-o", "json"));
        assertTrue(json.contains("\"key\":\"b\",\"value\":null"), json);
        done(run(json, "produce", "copied", "--json", "-H", "again=yes"));
        String parts = "%p %k %V %T\\n";
        assertEquals(done(run("", "consume", "deleted", "-e", "-f", parts)),
                done(run("", "consume", "copied", "-e", "-f", parts)));
        assertEquals("again=yes,from=here\n", done(run("", "consume", "copied", "-n", "1", "-f", "%h\\n")));
        failed(run("{\"value\":\"ok\"}\n{\"valeu\":1}\n", "produce", "copied", "--json"),
                "Line 2 has an unknown \"valeu\"", "1 record before it are written");
        failed(run("{", "produce", "copied", "--json"), "Line 1 has");
    }

    @Test
    void rangesOfOffsetsAndTimesAreRead() {
        done(run(IntStream.range(0, 10).mapToObj(i -> i + "\n").collect(Collectors.joining()), "produce", "ranged"));
        for (String[] each : new String[][] {
            {"-3:end", "7 8 9"}, {"2:5", "2 3 4"}, {":3", "0 1 2"}, {"+8:", "8 9"}, {"@-1h:end", null},
            {"@2001-01-01:end", null}, {"@0:@2001-01-01", ""}, {"end:end", ""}}) {
            String expected = each[1] == null ? "0 1 2 3 4 5 6 7 8 9" : each[1];
            String got = done(run("", "consume", "ranged", "-e", "--from", each[0], "-f", "%v ")).strip();
            assertEquals(expected, got, each[0]);
        }
        Run usage = run("", "consume", "ranged", "--from", "5-7");
        assertTrue(usage.exitCode() == 2 && usage.err().contains("FROM:TO"), usage.err());
        Run format = run("", "consume", "ranged", "-f", "%q");
        assertTrue(format.exitCode() == 2 && format.err().contains("an unknown %q"), format.err());
    }

    @Test
    void transactionsAreCommittedEverySoManyLines() {
        assertEquals("Wrote 5 records to often.\n", run("1\n2\n3\n4\n5\n", "produce", "often",
                "--transactional-id", "often", "--commit-every", "2").err());
        broker.awaitNothingHeldBack("often/0");
        // A mark behind each of the three transactions.
        assertEquals("0 1 3 4 6 ", done(run("", "consume", "often", "-e", "-f", "%o ")));
        failed(run("{\"value\":\"6\"}\n{}\n{\n", "produce", "often", "--json", "--transactional-id", "often",
                "--commit-every", "2"), "Line 3 has", "The first 2 records are written");
        failed(run("{\n", "produce", "often", "--json", "--transactional-id", "often"), "Nothing is written");
        done(run("", "topic", "create", "spread", "-p", "3"));
        done(run("a\nb\nc\n", "produce", "spread", "--partitioner", "roundrobin"));
        assertEquals("0a 1b 2c", done(run("", "consume", "spread", "-e", "-f", "%p%v\\n")).lines().sorted()
                .collect(Collectors.joining(" ")));
        done(run("a\t1\na\t2\n", "produce", "spread", "--keyed", "--partitioner", "crc32"));
        assertEquals(1, done(run("", "consume", "spread", "-e", "-f", "%k%p\\n")).lines()
                .filter(line -> line.startsWith("a")).distinct().count());
    }

    @Test
    void aGroupGoesBackAndOnWithoutBeingRead() {
        done(run(IntStream.range(0, 10).mapToObj(i -> i + "\n").collect(Collectors.joining()), "produce", "again"));
        done(run("", "consume", "again", "--group", "back", "--exit-at-end"));
        String planned = done(run("", "group", "reset", "back", "--to", "-3"));
        assertTrue(planned.contains("again          0         10           7"), planned);
        assertTrue(planned.contains("Nothing is changed; --execute makes it so."), planned);
        assertEquals("", done(run("", "consume", "again", "--group", "back", "--exit-at-end")));
        for (String[] each : new String[][] {
            {"--to", "-3", "7 8 9"}, {"--to", "earliest", "0 1 2 3 4 5 6 7 8 9"}, {"--shift", "-2", "8 9"},
            {"--to", "8", "8 9"}, {"--shift", "9223372036854775807", ""},
            {"--shift", "-9223372036854775808", "0 1 2 3 4 5 6 7 8 9"},
            {"--to", "@-1h", "0 1 2 3 4 5 6 7 8 9"}, {"--to", "99", ""}}) {
            done(run("", "group", "reset", "back", "again", each[0], each[1], "--execute"));
            assertEquals(each[2], done(run("", "consume", "again", "--group", "back", "-e", "-f", "%v ")).strip(),
                    each[1]);
        }
        failed(run("", "group", "reset", "back", "again/7", "--to", "latest"), "no partition 7");
        failed(run("", "group", "reset", "nobody", "--to", "latest"), "committed nothing");
        assertTrue(run("", "group", "reset", "back").err().contains("--to, --shift and --from-file"));
        assertEquals("Deleted group back.\n", done(run("", "group", "delete", "back")));
        failed(run("", "group", "delete", "back"), "no group 'back'");
    }

    @Test
    void offsetsOfAGroupComeFromAFile(@TempDir Path own) throws IOException {
        done(run("a\nb\nc\n", "produce", "filed"));
        done(run("", "consume", "filed", "--group", "filing", "--exit-at-end"));
        String exported = done(run("", "group", "reset", "filing", "--shift", "-1", "--export"));
        assertEquals("filed,0,2\n", exported);
        Path file = Files.writeString(own.resolve("offsets.csv"), exported);
        done(run("", "group", "reset", "filing", "--from-file", file.toString(), "--execute"));
        assertEquals("c\n", done(run("", "consume", "filed", "--group", "filing", "--exit-at-end")));
        Files.writeString(file, "filed,0,x\n");
        failed(run("", "group", "reset", "filing", "--from-file", file.toString()), "line 1 is not");
    }

    @Test
    void settingsAreExplainedAndComparedWithTheDefaults() {
        done(run("", "topic", "create", "explained", "--config", "retention.ms=1000"));
        assertEquals("retention.ms = 1000, from topic\n"
                + "  Age at which records are deleted; -1 keeps them for ever.\n"
                + "  hides log.retention.ms = 604800000, from default\n",
                done(run("", "config", "explain", "explained", "retention.ms")));
        done(run("", "config", "set", "--all-brokers", "log.roll.ms=70000000"));
        String diff = done(run("", "config", "diff", "explained"));
        assertTrue(diff.contains("retention.ms") && diff.contains("all brokers"), diff);
        assertTrue(diff.contains("604800000"), "in the unit of retention.ms: " + diff);
        assertEquals(3, diff.lines().count(), diff);
        done(run("", "config", "unset", "--all-brokers", "log.roll.ms"));
        assertEquals(2, done(run("", "config", "diff", "explained")).lines().count());
        failed(run("", "config", "explain", "explained", "retention.mss"), "Did you mean retention.ms?");
        failed(run("", "config", "set", "--broker", "1", "node.id=2"), "cannot change while a broker runs");
        assertTrue(done(run("", "config", "explain", "--broker", "1", "node.id")).contains("with its next start"));
        done(run("", "topic", "alter", "explained", "--partitions", "2", "--delete-config", "retention.ms"));
        assertEquals("Everything about topic explained is as it is by default.\n",
                done(run("", "config", "diff", "explained")));
        failed(run("", "topic", "alter", "explained", "--partitions", "2"), "2 partitions");
        done(run("x\n", "produce", "explained", "--partition", "1"));
        assertTrue(done(run("", "topic", "offsets", "explained")).contains("1      0       1    1        1"));
        String size = done(run("", "topic", "size", "explained"));
        assertTrue(size.lines().anyMatch(line -> line.matches("explained +2 +(\\d+) +\\1")), size);
        assertEquals(3, done(run("", "topic", "size", "explained", "--partitions")).lines().count());
        assertTrue(done(run("", "topic", "offsets", "explained", "--at", "-1h", "-o", "json"))
                .contains("{\"partition\":0,\"offset\":null,\"timestamp\":null},{\"partition\":1,\"offset\":0,"));
    }
}
