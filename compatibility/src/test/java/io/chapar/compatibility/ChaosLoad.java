package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.awaitility.Awaitility;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// All that runs against a cluster while its brokers suffer, and what has to be true of it meanwhile and in the end:
/// transactions of several writers that also commit offsets, abort and vanish; numbers that are copied exactly once by
/// Kafka's clients and by our SDK; and a producer with its client's defaults.
final class ChaosLoad implements AutoCloseable {
    static final String PROBE = "probe";
    private static final String TOPIC = "chaos";
    private static final int PARTITIONS = 3;
    private static final int WRITERS = 6;
    /// Longer than an election, so that an impatient writer does not do nothing but give up.
    private static final int IMPATIENT_MS = 2_000;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final TransactionLedger ledger = new TransactionLedger();
    private final List<ChaosWriter> writers = new ArrayList<>();
    private final FailoverProbe probe;
    private final ChaosReader reader;
    private final ChaosFlow flow;
    private final ChaosEnd end;

    /// The topics are there.
    ChaosLoad(StockClients clients) {
        for (int i = 0; i < WRITERS; i++) {
            writers.add(new ChaosWriter(clients, ledger, TOPIC, PARTITIONS, i, IMPATIENT_MS));
        }
        probe = new FailoverProbe(clients, PROBE);
        reader = new ChaosReader(clients, ledger, TOPIC, PARTITIONS);
        flow = new ChaosFlow(clients);
        end = new ChaosEnd(clients);
        writers.forEach(ChaosWriter::start);
    }

    static void createTopics(Admin admin) throws ExecutionException, InterruptedException {
        admin.createTopics(Stream.concat(Stream.of(replicated(PROBE, 1)),
                Stream.of(TOPIC, ChaosFlow.SOURCE, ChaosFlow.STOCK, ChaosFlow.SDK)
                        .map(name -> replicated(name, PARTITIONS))).toList()).all().get();
    }

    static NewTopic replicated(String name, int partitions) {
        return new NewTopic(name, partitions, (short) 3).configs(Map.of("min.insync.replicas", "2"));
    }

    FailoverProbe probe() {
        return probe;
    }

    /// Until so long has passed and as many transactions as there are writers are committed.
    void awaitProgress(Duration rest) {
        int before = ledger.committed();
        long from = System.nanoTime();
        Awaitility.await("progress").atMost(PATIENCE).until(() -> writers.stream().anyMatch(
                each -> each.failure() != null)
                || (System.nanoTime() - from >= rest.toNanos() && ledger.committed() >= before + WRITERS));
        assertNoneFailed();
    }

    private void assertNoneFailed() {
        assertEquals(List.of(), writers.stream().map(ChaosWriter::failure).filter(Objects::nonNull).toList());
    }

    /// What is known of transactions by now is what readers see.
    void catchUp() {
        reader.catchUp();
    }

    /// Ends all of it: nothing is lost, torn, stuck, or there twice.
    void finish() throws Exception {
        writers.forEach(ChaosWriter::finish);
        for (ChaosWriter writer : writers) {
            writer.join();
        }
        assertNoneFailed();
        flow.assertAllIsCopiedOnce();
        end.assertNothingIsOpen(TOPIC);
        end.assertNothingIsOpen(ChaosFlow.STOCK);
        end.assertNothingIsOpen(ChaosFlow.SDK);
        reader.toTheEnd();
        reader.catchUp();
        end.assertOffsetsAgree(ledger, writers, TOPIC);
        probe.assertNothingIsLost();
        assertTrue(ledger.aborted() > 0, "some were aborted");
    }

    @Override
    public String toString() {
        return ledger + ", " + probe + ", " + flow;
    }

    @Override
    public void close() {
        try (probe; reader; flow; end) {
            writers.forEach(ChaosWriter::finish);
        }
    }
}
