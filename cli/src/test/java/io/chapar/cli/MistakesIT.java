package io.chapar.cli;

import io.chapar.testing.ReadyLine;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

import static io.chapar.cli.RunningBroker.done;
import static io.chapar.cli.RunningBroker.failed;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What the commands do when something is not as it should be: with the input, with the output, or with the person.
final class MistakesIT {
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
    void anOffsetBeyondTheEndIsNoBeginning() {
        done(run("", "topic", "create", "short", "-p", "2"));
        done(run("1\n2\n3\n", "produce", "short", "--partition", "0"));
        failed(run("", "consume", "short", "-p", "0", "--from", "4", "--exit-at-end"), "4", "beyond the end",
                "partition 0 ends at 3");
        assertEquals("", done(run("", "consume", "short", "-p", "0", "--from", "3", "--exit-at-end")));
        Run some = run("", "consume", "short", "--from", "2", "--exit-at-end");
        assertEquals("3\n", done(some));
        assertTrue(some.err().contains("partition 1 ends at 0"), some.err());
        failed(run("", "consume", "short", "--from", "9", "--exit-at-end"), "partition 0 ends at 3");
    }

    @Test
    void aLineThatIsTooLongDoesNotHideWhatWasWritten() {
        done(run("", "topic", "create", "long"));
        String input = "1\n2\n" + "x".repeat(2_000_000) + "\n4\n";
        failed(run(input, "produce", "long"), "Line 3: ", "max.request.size", "--set", "not written: 3");
        String written = done(run("", "consume", "long", "--exit-at-end"));
        assertTrue(written.startsWith("1\n2\n") && !written.contains("x"), written.substring(0, 4));
        failed(run(input, "produce", "long", "--transactional-id", "long"), "Line 3: ", "Nothing is written");
        assertEquals(written, done(run("", "consume", "long", "--exit-at-end")));
        failed(run(input, "produce", "long", "--set", "max.request.size=3000000"), "Line 3: ", "max.message.bytes");
        done(run("", "topic", "create", "longer", "--config", "max.message.bytes=3000000"));
        assertEquals(input, done(new Run(
                run(input, "produce", "longer", "--set", "max.request.size=3000000").exitCode(),
                run("", "consume", "longer", "--exit-at-end").out(), "")));
    }

    @Test
    void whatIsNotThereIsSaidToBeMissing() {
        done(run("", "topic", "create", "there"));
        failed(run("", "config", "unset", "there", "retention.ms", "retenton.ms"), "'retenton.ms'", "retention.ms?");
        failed(run("", "config", "unset", "--all-brokers", "log.retenton.ms"), "'log.retenton.ms'");
        done(run("", "config", "unset", "there", "retention.ms"));
        failed(run("", "txn", "abort", "--hanging", "there/7"), "'there' has no partition 7");
        failed(run("x\n", "produce", "no/name"), "no/name", "letters, digits");
        failed(run("", "consume", "no/name"), "no/name", "letters, digits");
    }

    /// Whoever looks for the fault must not have to wait for what is not there.
    @Test
    void anOfflinePartitionIsShownAtOnce() throws IOException {
        done(run("", "topic", "create", "gone", "-p", "2", "--config", "segment.bytes=1024"));
        done(run("x".repeat(600) + "\n", "produce", "gone", "--partition", "0"));
        Path log = folder.resolve("data").resolve("gone-0");
        Files.move(log, folder.resolve("elsewhere"));
        Files.createFile(log);
        String described = describedOnceOffline("gone");
        String[] lines = described.split("\n");
        assertEquals(List.of("0", "-", "1", "1", "-", "-", "-"), List.of(lines[2].strip().split(" +")));
        assertEquals(List.of("1", "1", "1", "1", "0", "0", "0"), List.of(lines[3].strip().split(" +")));
        assertTrue(described.contains("gone/0 is offline"), described);
        Run consumed = run("", "consume", "gone", "--exit-at-end");
        assertTrue(consumed.err().contains("gone/0 is offline"), consumed.err());
        failed(run("", "txn", "why", "gone/0"), "gone/0 is offline");
        done(run("", "txn", "find-hanging"));
    }

    /// Once a write has failed for it. One that runs out of its time before the broker gets to it does not count.
    private static String describedOnceOffline(String topic) {
        AtomicReference<String> described = new AtomicReference<>("");
        Awaitility.await().untilAsserted(() -> {
            failed(run("x".repeat(600) + "\n", "produce", topic, "--partition", "0", "--set",
                    "delivery.timeout.ms=2000", "--set", "request.timeout.ms=1000"), topic + "-0");
            described.set(done(run("", "topic", "describe", topic)));
            assertTrue(described.get().contains(topic + "/0 is offline"), described.get());
        });
        return described.get();
    }

    @Test
    void aPartitionThatGoesOfflineWhileItIsReadIsSaidToBe() throws IOException {
        done(run("", "topic", "create", "going", "-p", "2", "--config", "segment.bytes=1024"));
        done(run("x".repeat(600) + "\n", "produce", "going", "--partition", "0"));
        try (StartedProcess consumer = ChaparProcess.start(
                folder, "consume", "going", "--bootstrap", broker.address())) {
            assertEquals("x".repeat(600), consumer.line());
            Path log = folder.resolve("data").resolve("going-0");
            Files.move(log, folder.resolve("gone-elsewhere"));
            Files.createFile(log);
            describedOnceOffline("going");
            Awaitility.await().until(() -> consumer.errors().contains("going/0 is offline"));
            done(run("y\n", "produce", "going", "--partition", "1"));
            assertEquals("y", consumer.line(), "others are read on");
        }
    }

    /// No file of the broker may grow beyond what the metadata log has, which is the largest. That is over at last.
    @Test
    void aMetadataLogThatCannotBeWrittenIsSaidAndComesBack() throws Exception {
        done(run("", "topic", "create", "wide", "--config",
                "leader.replication.throttled.replicas=" + "1:1,".repeat(4_900) + "1:1"));
        Assumptions.assumeTrue(filesGrowTo(Long.toString(Files.size(folder.resolve("data").resolve("metadata.log")))),
                "sizes of files cannot be limited here");
        CompletableFuture<Run> more = new CompletableFuture<>();
        try {
            // It tries again for a minute.
            Thread.startVirtualThread(() -> more.complete(run("", "topic", "create", "more")));
            Awaitility.await().until(() -> done(run("", "cluster", "describe"))
                    .contains("Metadata: the metadata log cannot be written (writing at byte "));
        } finally {
            assertTrue(filesGrowTo("unlimited"));
        }
        more.join();
        assertTrue(done(run("", "cluster", "describe")).contains("Metadata: fine"));
        done(run("", "topic", "describe", "more"));
    }

    private static boolean filesGrowTo(String bytes) throws InterruptedException {
        try {
            return new ProcessBuilder("prlimit", "--pid", Long.toString(broker.pid()), "--fsize=" + bytes + ":")
                    .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theCoordinatorsTopicsStayCompacted() {
        done(run("", "topic", "create", "__consumer_offsets"));
        failed(run("", "topic", "delete", "__consumer_offsets"), "what all groups have committed", "--internal");
        failed(run("", "config", "set", "__consumer_offsets", "cleanup.policy=delete"), "cleanup.policy", "compact");
        failed(run("", "config", "set", "__consumer_offsets", "cleanup.policy=compact,delete"), "cleanup.policy");
        failed(run("", "config", "unset", "__consumer_offsets", "cleanup.policy"), "cleanup.policy");
        done(run("", "config", "set", "__consumer_offsets", "segment.bytes=50000000"));
    }

    @Test
    void anInterruptedTransactionIsAbortedAtOnce() throws Exception {
        done(run("", "topic", "create", "broken-off"));
        try (StartedProcess producer = ChaparProcess.startWithInput(
                folder, "produce", "broken-off", "--transactional-id", "broken-off", "-o", "json",
                "--bootstrap", broker.address())) {
            OutputStream input = producer.input();
            input.write("one\n".getBytes(StandardCharsets.UTF_8));
            input.flush();
            Awaitility.await().until(() ->
                    run("", "txn", "list", "--state", "Ongoing").out().contains("broken-off"));
            // As Ctrl-C, which a process in the background of a shell may have been told to ignore.
            producer.terminate();
            assertEquals(143, producer.exitCode(), producer.errors());
            assertTrue(producer.errors().contains("the transaction is aborted"), producer.errors());
        }
        assertFalse(done(run("", "txn", "list", "--state", "Ongoing")).contains("broken-off"));
        assertEquals("", done(run("", "consume", "broken-off", "--exit-at-end")));
    }

    private static StartedProcess shell(String line) {
        return StartedProcess.start(folder, Map.of("CHAPAR_BOOTSTRAP", broker.address()), List.of("sh", "-c", line));
    }

    @Test
    void anOutputThatCannotBeWrittenIsAFailure() {
        done(run("", "topic", "create", "to-print"));
        done(run("1\n2\n", "produce", "to-print"));
        for (String command : List.of("topic list", "consume to-print --exit-at-end")) {
            try (StartedProcess printing = shell(ChaparProcess.commandLine(command.split(" ")) + " > /dev/full")) {
                assertEquals(1, printing.exitCode());
                assertEquals("chapar: Standard output cannot be written to (No space left on device).\n",
                        printing.errors(), command);
            }
        }
    }

    @Test
    void aReaderThatHasEnoughIsNone() {
        done(run("", "topic", "create", "many"));
        done(run("some text that fills the pipe\n".repeat(20_000), "produce", "many"));
        try (StartedProcess head = shell(
                "{ " + ChaparProcess.commandLine("consume", "many") + "; echo $? >&2; } | head -n 1")) {
            assertEquals(0, head.exitCode());
            assertEquals("some text that fills the pipe\n", head.output());
            assertEquals("0\n", head.errors());
        }
    }

    @Test
    void errorsOfBrokersAreWords() {
        Run run = run("", "topic", "create", "wrong", "--config", "retention.msec=1");
        failed(run, "did you mean 'retention.ms'?");
        assertFalse(run.err().contains("INVALID_CONFIG"), run.err());
        Run far = run("", "topic", "create", "wrong", "--config", "foo=bar");
        failed(far, "There is no topic setting 'foo'.");
        assertFalse(far.err().contains("did you mean"), far.err());
    }

    @Test
    void aMemberThatIsInterruptedLeavesItsGroup() throws Exception {
        done(run("a\n", "produce", "left"));
        try (StartedProcess consumer = ChaparProcess.start(
                folder, "consume", "left", "--group", "leavers", "--bootstrap", broker.address())) {
            assertEquals("a", consumer.line());
            consumer.terminate();
            consumer.exitCode();
            done(run("", "group", "delete", "leavers"));
        }
    }

    @Test
    void aFolderKeepsItsNumber() throws Exception {
        Path data = folder.resolve("numbered");
        try (StartedProcess first = ChaparProcess.start(folder, "broker", "--listen", "127.0.0.1:0", "--data",
                data.toString(), "--node-id", "4")) {
            assertNotNull(first.line(), first.errors());
            first.terminate();
            assertEquals(0, first.exitCode());
        }
        try (StartedProcess other = ChaparProcess.start(folder, "broker", "--listen", "127.0.0.1:0", "--data",
                data.toString(), "--node-id", "5")) {
            assertEquals(1, other.exitCode());
            assertTrue(other.errors().contains("belongs to broker 4"), other.errors());
        }
        try (StartedProcess again = ChaparProcess.start(folder, "broker", "--listen", ":0", "--data",
                data.toString(), "--node-id", "4")) {
            assertEquals("127.0.0.1", ReadyLine.of(again).host());
        }
    }

    @Test
    void whereNobodyCanListenIsSaidInWords() throws Exception {
        try (StartedProcess nowhere = ChaparProcess.start(folder, "broker", "--listen", "192.0.2.1:9092", "--data",
                folder.resolve("nowhere").toString())) {
            assertEquals(1, nowhere.exitCode());
            assertEquals("chapar: Cannot listen on 192.0.2.1:9092: it is not an address of this machine.\n",
                    nowhere.errors());
        }
        try (StartedProcess proc = ChaparProcess.start(folder, "broker", "--data", "/proc/chapar")) {
            assertEquals(1, proc.exitCode());
            assertEquals("chapar: The data folder '/proc/chapar' cannot be used: no such folder can be made there.\n",
                    proc.errors());
        }
    }
}
