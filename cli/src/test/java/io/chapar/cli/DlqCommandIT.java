package io.chapar.cli;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;
import io.chapar.protocol.record.Header;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Dead letters are found, shown, and put back once each.
final class DlqCommandIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    /// After which the broker aborts a transaction.
    private static final int OPEN_MS = 2_000;

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

    private static String done(String... line) {
        return RunningBroker.done(broker.run("", line));
    }

    private static void letters(String topic, String... lines) {
        RunningBroker.done(broker.run(String.join("\n", lines) + "\n", "produce", topic, "--json"));
    }

    private static String letter(String origin, int partition, long offset, String value, String more) {
        return "{\"partition\":0,\"timestamp\":1700000000000,\"key\":\"k\",\"value\":\"" + value + "\",\"headers\":["
                + "{\"key\":\"own\",\"value\":\"1\"}," + header("topic", origin) + "," + header("partition", partition)
                + "," + header("offset", offset) + "," + header("error", "no service for " + value) + more + "]}";
    }

    private static String header(String name, Object value) {
        return "{\"key\":\"" + ErrorPolicy.HEADER_PREFIX + name + "\",\"value\":\"" + value + "\"}";
    }

    private static List<String> consumed(String topic) {
        return done("consume", topic, "--exit-at-end", "-f", "%p %T %k=%v %h\\n").lines().toList();
    }

    @Test
    void lettersAreShownAndPutBackAsTheyWere() {
        done("topic", "create", "orders", "-p", "2");
        done("topic", "create", "dead", "-p", "1");
        letters("dead", letter("orders", 1, 5, "one", ""), letter("orders", 0, 7, "two", ""),
                "{\"partition\":0,\"value\":\"no letter\"}",
                letter("gone", 0, 1, "three", ""), letter("app-watch-changelog", 0, 1, "four", ""),
                letter("orders", 1, 9, "five", "," + header("omitted", "too large")));
        assertTrue(done("dlq", "list", "--match", "dead|orders").lines().skip(1).toList().getFirst()
                .matches("dead +5 +0 +5 +2023-11-14T22:13:20Z"), () -> done("dlq", "list"));
        List<String> shown = done("dlq", "show", "dead", "-o", "csv").lines().toList();
        assertEquals(6, shown.size(), shown::toString);
        assertTrue(shown.get(1).startsWith("0@0,orders/1@5,2023-11-14T22:13:20Z,k,no,no service for one"),
                shown::toString);
        assertEquals(1, done("dlq", "show", "dead", "--error", "for tw.$", "-o", "name").lines().count());
        assertTrue(done("dlq", "show", "dead", "0@0", "-o", "json").contains("\"value\":\"one\""));
        assertEquals("Put back 1 letter: orders 1.\n", done("dlq", "replay", "dead", "0@0"));
        Run rest = broker.run("", "dlq", "replay", "dead");
        assertEquals(1, rest.exitCode());
        assertEquals("Put back 1 letter: orders 1.\n", rest.out());
        assertTrue(rest.err().contains("Left: 1 letter, topic gone is not there; --to names another."), rest.err());
        assertTrue(rest.err().contains("Left: 1 letter, a notice alone"), rest.err());
        assertTrue(rest.err().contains("Left: 1 letter, it stands for a timer"), rest.err());
        broker.awaitNothingHeldBack("orders/0");
        broker.awaitNothingHeldBack("orders/1");
        assertEquals(List.of("0 1700000000000 k=two own=1", "1 1700000000000 k=one own=1"),
                consumed("orders").stream().sorted().toList());
        assertEquals("No dead letter of that kind waits in dead.\n", broker.run("", "dlq", "replay", "dead").out());
        assertEquals("Would put back 2 letters: orders 2.\n",
                done("dlq", "replay", "dead", "--origin", "orders", "--error", "one|two", "--again", "--dry-run"));
        done("topic", "create", "repaired");
        assertEquals("Put back 2 letters: repaired 2.\n",
                done("dlq", "replay", "dead", "--error", "three|four", "--to", "repaired"));
        broker.awaitNothingHeldBack("dead/0");
        assertTrue(done("dlq", "list", "--match", "dead", "-o", "csv").contains("dead,5,4,1,"));
        RunningBroker.failed(broker.run("", "dlq", "replay", "dead", "0@77"), "no such letter in dead: 0@77");
        assertEquals(2, broker.run("", "dlq", "show", "dead", "seven").exitCode());
        assertEquals(2, broker.run("", "dlq", "replay", "dead", "--error", "(").exitCode());
        RunningBroker.failed(broker.run("", "dlq", "show", "nothing-there"), "nothing-there");
    }

    /// The topics say how large a record may be, nobody else.
    @Test
    void aLetterAsLargeAsItsTopicTakesIsPutBack() {
        done("topic", "create", "large", "-p", "1", "--config", "max.message.bytes=5000000");
        done("topic", "create", "small", "-p", "1");
        done("topic", "create", "large-dead", "-p", "1", "--config", "max.message.bytes=5000000");
        String value = "x".repeat(3_000_000);
        try (Producer<byte[], byte[]> producer = Producer.open(ProducerConfig.from(Map.of(
                KafkaConfigNames.BOOTSTRAP_SERVERS, broker.address(),
                KafkaConfigNames.MAX_REQUEST_SIZE, 5_000_000)), Serdes.bytes(), Serdes.bytes())) {
            for (String origin : List.of("large", "small")) {
                producer.send(new ProducerRecord<>("large-dead", 0, null, null,
                        value.getBytes(StandardCharsets.US_ASCII), List.of(
                                known("topic", origin), known("partition", "0"), known("offset", "0")))).join();
            }
        }
        Run replay = broker.run("", "dlq", "replay", "large-dead");
        assertEquals("Put back 1 letter: large 1.\n", replay.out(), replay.err());
        assertEquals(1, replay.exitCode());
        assertTrue(replay.err().startsWith("Left: 1 letter, not taken by small: "), replay.err());
        assertEquals(value, done("consume", "large", "--exit-at-end", "-f", "%v"));
    }

    private static Header known(String name, String value) {
        return new Header(ErrorPolicy.HEADER_PREFIX + name,
                ByteBuffer.wrap(value.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void lettersAreFoundBehindOtherRecordsAndWhereTheSearchStopsIsSaid() {
        done("topic", "create", "buried", "-p", "1");
        letters("buried", letter("ignored", 0, 0, "one", ""));
        RunningBroker.done(broker.run("x\n".repeat(300), "produce", "buried"));
        assertTrue(done("dlq", "list", "--match", "buried", "-o", "csv").contains("buried,1,0,1,"));
        done("topic", "create", "endless", "-p", "1");
        RunningBroker.done(broker.run("x\n".repeat(2_500), "produce", "endless"));
        assertEquals("No dead letters were found.\nLooked at only in their last records, without a letter: endless."
                + " 'chapar dlq show TOPIC' reads one to its beginning.\n",
                done("dlq", "list", "--match", "endless"));
    }

    /// Readers of committed records stop before what an application has open there, and the mark may be behind it.
    @Test
    void aMarkBehindAnOpenTransactionIsNotOverlooked() throws Exception {
        done("topic", "create", "hidden-back");
        done("topic", "create", "hidden", "-p", "1");
        letters("hidden", letter("ignored", 0, 0, "one", ""));
        try (HeldTransaction _ = HeldTransaction.begin(broker, "hidden", "open-letters", OPEN_MS)) {
            letters("hidden", "{\"partition\":0,\"headers\":[" + header("replayed", 0) + "]}");
            Run replay = broker.run("", "dlq", "replay", "hidden", "--to", "hidden-back");
            assertEquals("No dead letter of that kind waits in hidden.\n", replay.out(), replay::toString);
        }
        assertEquals(List.of(), consumed("hidden-back"));
    }

    /// A record that was given up has its own headers in its letter: they say nothing about letters.
    @Test
    void headersOfARecordThatWasGivenUpMarkNothing() {
        done("topic", "create", "forged-back");
        done("topic", "create", "forged", "-p", "1");
        letters("forged", letter("ignored", 0, 0, "one", ""),
                letter("ignored", 0, 1, "two", "").replace("{\"key\":\"own\"",
                        header("replayed", "0-999") + ",{\"key\":\"own\""),
                letter("ignored", 0, 2, "three", "").replace("{\"key\":\"own\"",
                        header("replayed", "nonsense") + ",{\"key\":\"own\""));
        assertEquals("Put back 3 letters: forged-back 3.\n",
                done("dlq", "replay", "forged", "--to", "forged-back"));
    }

    private static List<String> many(int count) {
        List<String> lines = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            lines.add(letter("ignored", 0, number, "v" + number, ""));
        }
        return lines;
    }

    /// Of a topic of one partition.
    private static void assertEachOnce(String topic, int count) {
        broker.awaitNothingHeldBack(topic + "/0");
        List<String> values = done("consume", topic, "--exit-at-end").lines().toList();
        assertEquals(count, values.size());
        assertEquals(count, new TreeSet<>(values).size());
    }

    @Test
    void aReplayThatIsKilledGoesOnWhereItWas() throws Exception {
        int count = 20_000;
        done("topic", "create", "killed-back");
        done("topic", "create", "killed", "-p", "1");
        letters("killed", many(count).toArray(String[]::new));
        StartedProcess replay = ChaparProcess.start(folder, "dlq", "replay", "killed", "--to", "killed-back",
                "--bootstrap", broker.address());
        try {
            done("consume", "killed-back", "--count", "1");
        } finally {
            replay.close();
        }
        done("dlq", "replay", "killed", "--to", "killed-back");
        assertEachOnce("killed-back", count);
    }

    @Test
    void twoAtATimePutEachBackOnce() {
        int count = 3_000;
        done("topic", "create", "both-back");
        done("topic", "create", "both", "-p", "1");
        letters("both", many(count).toArray(String[]::new));
        List<CompletableFuture<Run>> runs = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            runs.add(CompletableFuture.supplyAsync(() -> broker.run("", "dlq", "replay", "both", "--to",
                    "both-back")));
        }
        for (CompletableFuture<Run> run : runs) {
            Run ended = run.join();
            assertTrue(ended.exitCode() == 0 || ended.err().contains("Another replay of both has taken over"),
                    ended::toString);
        }
        done("dlq", "replay", "both", "--to", "both-back");
        assertEachOnce("both-back", count);
    }

    /// The whole way: given up by an application, put back, and processed by it.
    @Test
    void whatAnApplicationHasGivenUpIsProcessedWhenItIsPutBack() throws Exception {
        done("topic", "create", "payments", "-p", "2");
        done("topic", "create", "payments-dead");
        done("topic", "create", "paid");
        AtomicBoolean away = new AtomicBoolean(true);
        Topology topology = Topology.from("payments", Serdes.string(), Serdes.string()).mapValues(value -> {
            if (away.get() && value.endsWith("7")) {
                throw new IllegalStateException("the bank is away");
            }
            return value;
        }).to("paid", Serdes.string(), Serdes.string());
        RunningBroker.done(broker.run("a1\na7\nb2\nb7\n", "produce", "payments"));
        ProcessorConfig config = ProcessorConfig.builder(broker.address(), "bank")
                .onError(ErrorPolicy.deadLetter("payments-dead", 0)).build();
        try (ProcessorApp app = ProcessorApp.start(config, topology)) {
            Awaitility.await().atMost(LIMIT).until(() -> app.status().skipped() == 2
                    && done("consume", "payments-dead", "--exit-at-end").lines().count() == 2);
            away.set(false);
            assertEquals("Put back 2 letters: payments 2.\n", done("dlq", "replay", "payments-dead"));
            Awaitility.await().atMost(LIMIT).until(() ->
                    done("consume", "paid", "--exit-at-end").lines().count() == 4);
            assertEquals(List.of("a1", "a7", "b2", "b7"),
                    done("consume", "paid", "--exit-at-end").lines().sorted().toList());
        }
    }
}
