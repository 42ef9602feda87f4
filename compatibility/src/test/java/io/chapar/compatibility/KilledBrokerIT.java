package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A broker under load is killed with SIGKILL again and again. After each restart every committed transaction is whole,
/// every other one invisible, no record is there twice; in the end none is stuck, and every id can be used.
class KilledBrokerIT {
    private static final int WRITERS = 24;
    private static final String TOPIC = "killed";
    private static final int PARTITIONS = 3;

    @TempDir
    Path folder;

    @Test
    void committedTransactionsAreWholeAndOthersInvisible() throws Exception {
        chaos(4, Duration.ofMillis(1_500));
    }

    @Test
    @Tag("nightly")
    void committedTransactionsAreWholeAndOthersInvisibleForFiveMinutes() throws Exception {
        chaos(20, Duration.ofSeconds(15));
    }

    private void chaos(int kills, Duration every) throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"), "num.partitions=3",
                "offsets.topic.num.partitions=5")) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (Admin admin = clients.admin()) {
                admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
            }
            TransactionLedger ledger = new TransactionLedger();
            List<ChaosWriter> writers = new ArrayList<>();
            List<Long> restarts = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                writers.add(new ChaosWriter(clients, ledger, TOPIC, PARTITIONS, i, 300));
            }
            writers.forEach(ChaosWriter::start);
            try (ChaosReader reader = new ChaosReader(clients, ledger, TOPIC, PARTITIONS);
                    ChaosEnd end = new ChaosEnd(clients)) {
                for (int kill = 1; kill <= kills; kill++) {
                    int before = ledger.committed();
                    long strikeAt = System.nanoTime() + every.toNanos();
                    Awaitility.await().atMost(every.plusSeconds(180)).until(() -> writers.stream().anyMatch(
                            each -> each.failure() != null)
                            || (System.nanoTime() >= strikeAt && ledger.committed() >= before + WRITERS));
                    assertNoneFailed(writers);
                    broker.kill();
                    long restart = System.nanoTime();
                    broker.start();
                    restarts.add((System.nanoTime() - restart) / 1_000_000);
                    reader.catchUp();
                }
                Awaitility.await("some are aborted").until(() -> ledger.aborted() > WRITERS
                        || writers.stream().anyMatch(each -> each.failure() != null));
                assertNoneFailed(writers);
                writers.forEach(ChaosWriter::finish);
                for (ChaosWriter writer : writers) {
                    writer.join();
                }
                assertNoneFailed(writers);
                end.assertNothingIsOpen(TOPIC);
                reader.toTheEnd();
                reader.catchUp();
                end.assertOffsetsAgree(ledger, writers, TOPIC);
            }
            assertTrue(ledger.aborted() > WRITERS, "some were aborted");
            System.out.println("chaos: " + kills + " kills, " + ledger + ", restarts " + restarts + " ms");
        }
    }

    private static void assertNoneFailed(List<ChaosWriter> writers) {
        assertEquals(List.of(), writers.stream().map(ChaosWriter::failure).filter(f -> f != null).toList());
    }
}
