package io.chapar.cli;

import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.testing.StartedProcess;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// Each alert fires when what it is for has happened to a real broker, and not on one that is well. What a broker told
/// before and after is judged by Prometheus's own tool; without that (`.ci/run` fetches it) this is passed over.
final class AlertsIT {
    private static final String HTTP = "metrics.listener=127.0.0.1:0";
    /// Others may fill its disk meanwhile, or keep its processors busy.
    private static final Set<String> OF_THE_MACHINE = Set.of("ChaparDiskFillsSoon", "ChaparLoopsLate");
    private static final Duration AT_LEAST = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private static void judged() {
        Assumptions.assumeTrue(Promtool.isThere(), "SKIPPED: promtool (of Debian's package prometheus) is not there");
    }

    /// A second later than the first: what goes on does so slowly enough to be measured.
    private static Scrape after(Scrape first, RunningBroker broker) {
        return Awaitility.await().atMost(PATIENCE)
                .until(() -> Scrape.of(broker.metrics()), one -> one.atNs() - first.atNs() > AT_LEAST.toNanos());
    }

    private void fires(Scrape first, Scrape second, String... alerts) throws IOException {
        Promtool.assertFires(folder, first, second, List.of(alerts), List.of());
    }

    private static void send(Producer<String, String> producer, String topic) throws Exception {
        producer.send(new ProducerRecord<>(topic, 0, null, null, "v", List.of())).get();
    }

    @Test
    void theRulesAreOnes() throws IOException {
        judged();
        assertEquals("", Promtool.check(AlertRules.FILE));
    }

    @Test
    void noneFiresOnABrokerThatIsWell() throws Exception {
        judged();
        try (RunningBroker broker = RunningBroker.start(folder, HTTP)) {
            RunningBroker.done(broker.run("a\nb\n", "produce", "orders"));
            RunningBroker.done(broker.run("", "group", "reset", "billing", "orders", "--to", "latest", "--execute"));
            Scrape first = Scrape.of(broker.metrics());
            RunningBroker.done(broker.run("c\n", "produce", "orders"));
            RunningBroker.done(broker.run("", "group", "reset", "billing", "orders", "--to", "latest", "--execute"));
            List<String> all = List.copyOf(AlertRules.all().keySet());
            Scrape second = after(first, broker);
            Promtool.assertFires(folder, first, second, List.of(),
                    all.stream().filter(one -> !OF_THE_MACHINE.contains(one)).toList());
        }
        Scrape gone = new Scrape(System.nanoTime(), Map.of("up", 0.0));
        fires(new Scrape(gone.atNs() - AT_LEAST.toNanos(), gone.values()), gone, "ChaparDown");
    }

    @Test
    void readersThatWait() throws Exception {
        judged();
        try (RunningBroker broker = RunningBroker.start(folder, HTTP, "metrics.max.named=1")) {
            RunningBroker.done(broker.run("a\nb\nc\n", "produce", "orders"));
            RunningBroker.done(broker.run("", "group", "reset", "billing", "orders", "--to", "1", "--execute"));
            try (HeldTransaction open = HeldTransaction.begin(broker, "orders", "audit")) {
                Scrape first = Scrape.of(broker.metrics());
                fires(first, after(first, broker), "ChaparTransactionOpenLong", "ChaparGroupHeld", "ChaparGroupBehind",
                        "ChaparMetricsLeftOut");
                open.commit();
            }
        }
    }

    @Test
    void clientsThatMisbehave() throws Exception {
        judged();
        try (RunningBroker broker = RunningBroker.start(folder, HTTP, "producer.ids.max=2")) {
            RunningBroker.done(broker.run("", "topic", "create", "orders"));
            Scrape first = Scrape.of(broker.metrics());
            for (int i = 0; i < 20; i++) {
                try (HeldTransaction one = HeldTransaction.begin(broker, "orders", "shared")) {
                    one.commit();
                }
            }
            ProducerConfig config = ProducerConfig.builder(broker.address()).build();
            try (Producer<String, String> second = Producer.open(config, Serdes.string(), Serdes.string());
                    Producer<String, String> third = Producer.open(config, Serdes.string(), Serdes.string())) {
                send(second, "orders");
                assertThrows(ExecutionException.class, () -> send(third, "orders"));
            }
            String[] at = broker.address().split(":", -1);
            for (int i = 0; i < 50; i++) {
                try (Socket socket = new Socket(at[0], Integer.parseInt(at[1]))) {
                    socket.getOutputStream().write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                    assertEquals(-1, socket.getInputStream().read());
                }
            }
            fires(first, after(first, broker), "ChaparProducersFenced", "ChaparBudgetNearlyUsed",
                    "ChaparBudgetRefuses", "ChaparConnectionsFaulty");
        }
    }

    @Test
    @Tag("nightly")
    void loopsThatStandStill() throws Exception {
        judged();
        try (RunningBroker broker = RunningBroker.start(folder, HTTP)) {
            Scrape first = Scrape.of(broker.metrics());
            signal("-STOP", broker);
            long sinceNs = System.nanoTime();
            Awaitility.await().until(() -> System.nanoTime() - sinceNs > AT_LEAST.toNanos());
            signal("-CONT", broker);
            fires(first, after(first, broker), "ChaparLoopsLate");
        }
    }

    private static void signal(String signal, RunningBroker broker) throws Exception {
        assertEquals(0, new ProcessBuilder("kill", signal, Long.toString(broker.pid())).start().waitFor());
    }

    @Test
    @Tag("nightly")
    void recordsThatTheDiskDoesNotGive() throws Exception {
        judged();
        try (RunningBroker broker = RunningBroker.start(folder, HTTP)) {
            RunningBroker.done(broker.run("a\n", "produce", "gone"));
            RunningBroker.done(broker.run("a\nb\nc\n", "produce", "hurt"));
        }
        Path log = folder.resolve("data/gone-0/00000000000000000000.log");
        Files.delete(log);
        Files.createDirectory(log);
        try (RunningBroker broker = RunningBroker.start(folder, HTTP)) {
            try (RandomAccessFile file = new RandomAccessFile(
                    folder.resolve("data/hurt-0/00000000000000000000.log").toFile(), "rw")) {
                file.setLength(20);
            }
            try (StartedProcess _ = ChaparProcess.start(folder, "consume", "hurt", "--from", "earliest",
                    "--bootstrap", broker.address())) {
                Awaitility.await().atMost(PATIENCE).until(
                        () -> Scrape.of(broker.metrics()).value("chapar_partitions_unreadable") > 0);
                Scrape first = Scrape.of(broker.metrics());
                fires(first, after(first, broker), "ChaparPartitionsOffline", "ChaparPartitionsUnreadable");
            }
        }
    }

    @Test
    @Tag("nightly")
    void transactionsThatNobodyEnds() throws Exception {
        judged();
        try (RunningBroker broker = RunningBroker.start(folder, HTTP)) {
            RunningBroker.done(broker.run("", "topic", "create", "orders"));
            try (StartedProcess lost = ChaparProcess.startWithInput(folder, "produce", "orders", "--transactional-id",
                    "lost", "--bootstrap", broker.address())) {
                lost.input().write("one\n".getBytes(StandardCharsets.UTF_8));
                lost.input().flush();
                Awaitility.await().atMost(PATIENCE).until(() -> RunningBroker.done(
                        broker.run("", "txn", "why", "orders/0")).contains("transactional id lost"));
            }
        }
        try (Stream<Path> files = Files.walk(folder.resolve("data"))) {
            for (Path file : files.filter(path -> path.toString().contains("__transaction_state-"))
                    .filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
        try (RunningBroker broker = RunningBroker.start(folder, HTTP, "transaction.hanging.check.interval.ms=100",
                "transaction.hanging.grace.ms=0", "transaction.max.timeout.ms=1")) {
            Awaitility.await().atMost(PATIENCE).until(() ->
                    Scrape.of(broker.metrics()).value("chapar_hanging_transactions_ended_total") > 0);
            Scrape second = Scrape.of(broker.metrics());
            fires(new Scrape(second.atNs() - AT_LEAST.toNanos(), Map.of()), second, "ChaparHangingTransaction");
        }
    }

    @Test
    @Tag("nightly")
    void aDiskThatFills() throws Exception {
        judged();
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Assumptions.assumeTrue(ran("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.toString()),
                "SKIPPED: a small file system cannot be mounted here");
        try (RunningBroker broker = RunningBroker.start(disk, HTTP)) {
            Scrape first = Scrape.of(broker.metrics());
            String million = "x".repeat(900_000) + "\n";
            RunningBroker.done(broker.run(million.repeat(5), "produce", "orders"));
            fires(first, after(first, broker), "ChaparDiskFillsSoon");
            assertEquals(1, broker.run(million.repeat(80), "produce", "orders").exitCode());
            Scrape full = Scrape.of(broker.metrics());
            fires(full, after(full, broker), "ChaparDiskFull");
        } finally {
            ran("umount", "-l", disk.toString());
        }
    }

    private static boolean ran(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
