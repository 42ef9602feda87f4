package io.chapar.cli;

import io.chapar.client.FencedException;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What an operator sees of transactions, and mends, at a broker in a process of its own.
final class TxnCommandsIT {
    @TempDir
    private Path folder;
    private RunningBroker broker;

    @BeforeEach
    void start() throws IOException {
        broker = RunningBroker.start(folder, "transaction.hanging.check.interval.ms=0");
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private Run run(String... words) {
        return broker.run("", words);
    }

    private String done(String... words) {
        return RunningBroker.done(run(words));
    }

    private void failed(String said, String... words) {
        Run run = run(words);
        assertEquals(1, run.exitCode(), run.out());
        assertTrue(run.err().contains(said), run.err());
    }

    private static void says(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), part + " is not in:\n" + text);
        }
    }

    private Producer<String, String> open(String id) throws Exception {
        ProducerConfig config = ProducerConfig.builder(broker.address()).transactionalId(id).clientId("app-of-" + id)
                .build();
        Producer<String, String> producer = Producer.open(config, Serdes.string(), Serdes.string());
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("orders", 0, null, null, "one", List.of())).get();
        return producer;
    }

    @Test
    void whatHoldsReadersBackIsNamedAndEnded() throws Exception {
        done("topic", "create", "orders", "-p", "2");
        says(done("txn", "why", "orders/0"), "Nothing holds orders/0 back: STABLE is 0, END is 0.");
        try (Producer<String, String> billing = open("billing"); Producer<String, String> audit = open("audit")) {
            says(done("txn", "why", "orders/0"), "orders/0: STABLE is 0, END is 2.",
                    "Held back by transactional id billing, Ongoing", "app-of-billing at 127.0.0.1", "first offset 0",
                    "of at most 60 s", "chapar txn abort billing", "1 more open behind it");
            String json = done("txn", "why", "orders/0", "-o", "json");
            says(json, "\"stable\":0,\"end\":2,\"heldBy\":{\"transactionalId\":\"billing\",\"state\":\"Ongoing\"",
                    "\"clientId\":\"app-of-billing\",\"clientHost\":\"127.0.0.1\"", "\"timeoutMs\":60000",
                    "\"openBehindIt\":[{\"transactionalId\":\"audit\"");
            says(done("txn", "why", "orders/1"), "Nothing holds");
            done("group", "reset", "readers", "orders", "--to", "earliest", "--execute");
            says(done("group", "describe", "readers"), "orders          0          0    2    0       0       -\n",
                    "orders/0: 2 offsets held back by transaction billing of producer ");
            says(done("group", "describe", "readers", "--isolation", "read_uncommitted", "-o", "json"), "\"lag\":2",
                    "\"heldBack\":[{\"topic\":\"orders\",\"partition\":0,\"offsets\":2,",
                    "\"transactionalId\":\"billing\"");
            assertEquals(2, done("txn", "list", "--open-longer-than", "0").lines().count() - 1);
            says(done("txn", "describe", "billing"), "app-of-billing at 127.0.0.1", "orders-0");

            assertEquals(2, done("txn", "list", "--state", "Ongoing").lines().count() - 1);
            assertEquals("[]\n", done("txn", "list", "--open-longer-than", "3600", "-o", "json"));
            assertFalse(done("txn", "list", "--match", "bill.*").contains("audit"));
            assertEquals("Nothing hangs.\n", done("txn", "find-hanging"));
            assertEquals("", done("txn", "find-hanging", "-o", "name"));

            assertEquals("Aborted the transaction of billing in 1 partition and shut its producer out.\n",
                    done("txn", "abort", "billing"));
            assertThrows(FencedException.class, billing::commitTransaction);
            says(done("txn", "why", "orders/0"), "Held back by transactional id audit");
            audit.commitTransaction();
            broker.awaitNothingHeldBack("orders/0");
            Awaitility.await().untilAsserted(() -> says(done("txn", "describe", "audit"), "CompleteCommit"));
            failed("has no open transaction", "txn", "abort", "audit");
        }
        failed("no transactional id 'nobody'", "txn", "abort", "nobody");
        failed("no topic 'nowhere'", "txn", "why", "nowhere/0");
        failed("has no partition 7", "txn", "why", "orders/7");
        failed("Nothing hangs at orders/0", "txn", "abort", "--hanging", "orders/0");
    }

    @Test
    void whatHangsIsFoundAndEnded() throws Exception {
        done("topic", "create", "orders");
        try (StartedProcess lost = ChaparProcess.startWithInput(
                folder, "produce", "orders", "--transactional-id", "lost", "--bootstrap", broker.address())) {
            lost.input().write("one\n".getBytes(StandardCharsets.UTF_8));
            lost.input().flush();
            Awaitility.await()
                    .until(() -> done("txn", "why", "orders/0").contains("Held back by transactional id lost"));
        }
        broker.close();
        start();
        says(done("txn", "why", "orders/0"), "transactional id lost, Ongoing", "client       unknown");
        broker.close();
        forgetTransactions();
        start();
        String found = done("txn", "find-hanging", "-o", "json");
        says(found, "\"topic\":\"orders\",\"partition\":0", "\"firstOffset\":0");
        says(done("txn", "find-hanging", "--topic", "orders"), "orders");
        says(done("txn", "why", "orders/0"), "a hanging transaction: no coordinator knows its producer id",
                "chapar txn abort --hanging orders/0");
        failed("it may yet be known", "txn", "abort", "--hanging", "orders/0");
        says(done("txn", "abort", "--hanging", "orders/0", "--now"), "Aborted the hanging transaction of producer id",
                "from offset 0");
        assertEquals("[]\n", done("txn", "find-hanging", "-o", "json"));
        says(done("txn", "why", "orders/0"), "Nothing holds orders/0 back: STABLE is 2, END is 2.");
    }

    @Test
    void anIdIsShutOutWhereTransactionsMustBeShort() throws Exception {
        broker.close();
        broker = RunningBroker.start(folder, "transaction.max.timeout.ms=30000");
        done("topic", "create", "orders");
        try (HeldTransaction _ = HeldTransaction.begin(broker, "orders", "short", 20_000)) {
            says(done("txn", "abort", "short"), "Aborted the transaction of short");
        }
    }

    /// The coordinator loses its memory, as no crash makes it lose it. The empty folders say that this is meant.
    private void forgetTransactions() throws IOException {
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
            for (Path file : files.filter(p -> p.toString().contains("__transaction_state-"))
                    .filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }
}
