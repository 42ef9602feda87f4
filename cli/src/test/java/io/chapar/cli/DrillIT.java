package io.chapar.cli;

import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import io.chapar.testing.FreePorts;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Somebody who has `chapar status` and the console alone finds what is wrong, and is told what to run next. Each
/// trouble is made at a real broker; `docs/operations.md` shows what that person sees.
final class DrillIT {
    /// Rates take two looks of the broker, some seconds apart.
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(2);

    @TempDir
    Path folder;

    private static String http() throws IOException {
        return "metrics.listener=127.0.0.1:" + FreePorts.one();
    }

    /// Runs what makes the trouble until status tells of it.
    private static void tells(RunningBroker broker, Runnable trouble, String... parts) {
        Awaitility.await().pollInterval(BETWEEN_LOOKS).untilAsserted(() -> {
            trouble.run();
            String text = RunningBroker.done(broker.run("", "status", "-o", "wide"));
            for (String part : parts) {
                assertTrue(text.contains(part), () -> part + " is not in:\n" + text);
            }
        });
    }

    /// What the console's page is told, and shows.
    private static void consoleTells(RunningBroker broker, String view, Predicate<String> isTold) {
        pageTells(broker, "/console/api/" + view, () -> { }, isTold);
    }

    /// The same of what its overview asks the broker that serves it.
    private static void consoleTellsOfItsBroker(RunningBroker broker, Predicate<String> isTold) {
        pageTells(broker, "/status", () -> { }, isTold);
    }

    private static void pageTells(RunningBroker broker, String path, Runnable trouble, Predicate<String> isTold) {
        Awaitility.await().pollInterval(BETWEEN_LOOKS).untilAsserted(() -> {
            trouble.run();
            String text = Scrape.get(broker.metrics(), path, "application/json");
            assertTrue(isTold.test(text), text);
        });
    }

    private static void produced(RunningBroker broker, String topic, String lines) {
        RunningBroker.done(broker.run(lines, "produce", topic));
    }

    private static void reset(RunningBroker broker, String group, String topic) {
        RunningBroker.done(broker.run("", "group", "reset", group, topic, "--to", "1", "--execute"));
    }

    @Test
    void readersThatWaitGroupsThatAreBehindTopicsThatGrowAndProducersThatAreFenced() throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, http(), "group.initial.rebalance.delay.ms=0")) {
            produced(broker, "orders", "a\nb\nc\n");
            produced(broker, "clicks", "a\nb\nc\n");
            reset(broker, "billing", "orders");
            reset(broker, "reports", "clicks");
            try (HeldTransaction _ = HeldTransaction.begin(broker, "orders", "audit");
                    HeldTransaction _ = HeldTransaction.begin(broker, "payments", "shared");
                    HeldTransaction _ = HeldTransaction.begin(broker, "payments", "shared")) {
                tells(broker, () -> {
                    produced(broker, "clicks", "x".repeat(1_000) + "\n");
                    comeAndGo(broker, "flappers", "clicks");
                },
                        "billing: a transaction holds records back; 'chapar txn why orders/0' says which",
                        "audit-client",
                        "reports ",
                        "'chapar group describe reports' says in which partitions, and who reads them",
                        "Topics that grow\n",
                        "clicks",
                        "says how much it keeps, and for how long",
                        "Producers fenced lately\n",
                        "'chapar txn describe shared' says who has it now",
                        "Groups that rebalance again and again\n",
                        "'chapar group describe flappers' says who they are");
                String why = RunningBroker.done(broker.run("", "txn", "why", "orders/0"));
                assertTrue(why.contains("transactional id audit"), why);
                consoleTells(broker, "overview", text -> text.contains("\"billing\"") && text.contains("\"audit\"")
                        && text.contains("\"reports\""));
                consoleTells(broker, "why?topic=orders&partition=0", text -> text.contains("\"audit\""));
                pageTells(broker, "/console/api/overview", () -> produced(broker, "clicks", "y\n"),
                        Pattern.compile("\"growing\":\\[\\{[^\\]]*\"clicks\"").asPredicate());
                consoleTellsOfItsBroker(broker, text -> text.contains("\"flappers\"") && text.contains("\"shared\""));
            }
        }
    }

    private static void comeAndGo(RunningBroker broker, String group, String topic) {
        ConsumerConfig config = ConsumerConfig.builder(broker.address()).groupId(group)
                .offsetReset(OffsetReset.EARLIEST).build();
        try (Consumer<String, String> consumer = Consumer.open(config, Serdes.string(), Serdes.string())) {
            consumer.subscribe(List.of(topic));
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(20));
                return !consumer.assignment().isEmpty();
            });
        }
    }

    @Test
    @Tag("nightly")
    void segmentsThatAreDamaged() throws Exception {
        try (RunningBroker broker = RunningBroker.start(folder, http())) {
            produced(broker, "gone", "a\n");
            produced(broker, "hurt", "a\nb\nc\n");
        }
        Path gone = folder.resolve("data/gone-0/00000000000000000000.log");
        Files.delete(gone);
        Files.createDirectory(gone);
        try (RunningBroker broker = RunningBroker.start(folder, http())) {
            try (RandomAccessFile file = new RandomAccessFile(
                    folder.resolve("data/hurt-0/00000000000000000000.log").toFile(), "rw")) {
                file.setLength(20);
            }
            tells(broker, () -> readOne(broker, "hurt"),
                    "gone/0 is offline",
                    "gone-0/00000000000000000000.log",
                    "Records that a disk does not give\n",
                    "hurt/0",
                    "hurt-0/00000000000000000000.log",
                    "Readers of hurt/0 are refused these records: 'chapar topic describe hurt' says whether others have"
                            + " copies; else put the file back from a backup");
            consoleTells(broker, "overview", text -> text.contains("gone/0")
                    && text.contains("gone-0/00000000000000000000.log"));
            consoleTellsOfItsBroker(broker, text -> text.contains("hurt/0"));
        }
    }

    /// One look; what comes of it is no matter.
    private static void readOne(RunningBroker broker, String topic) {
        ConsumerConfig config = ConsumerConfig.builder(broker.address()).offsetReset(OffsetReset.EARLIEST).build();
        try (Consumer<String, String> consumer = Consumer.open(config, Serdes.string(), Serdes.string())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            assertEquals(0, consumer.poll(Duration.ofMillis(200)).count());
        }
    }

    @Test
    @Tag("nightly")
    void aDiskThatIsFull() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Assumptions.assumeTrue(ran("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.toString()),
                "SKIPPED: a small file system cannot be mounted here");
        try (RunningBroker broker = RunningBroker.start(disk, http())) {
            String million = "x".repeat(900_000) + "\n";
            assertEquals(1, broker.run(million.repeat(80), "produce", "orders").exitCode());
            tells(broker, () -> { }, "Broker 1 refuses records, since its disk is full; 'chapar topic size' says what"
                    + " takes it", "Largest topics\n", "orders");
            consoleTells(broker, "overview", text -> text.contains("\"usableBytes\":"));
            consoleTellsOfItsBroker(broker, text -> text.contains("\"diskRefusing\":true"));
            RunningBroker.done(broker.run("", "topic", "delete", "orders"));
            Awaitility.await("there is room again").untilAsserted(() -> produced(broker, "orders", "a\n"));
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
