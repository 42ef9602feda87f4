package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static io.chapar.compatibility.StockClients.READ_COMMITTED;
import static io.chapar.compatibility.StockClients.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// librdkafka's transactions, of version 1 of the protocol, on one real broker.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LibrdkafkaTransactionsIT {
    private ChaparProcess broker;
    private StockClients clients;
    private Librdkafka librdkafka;

    @BeforeAll
    void start(@TempDir Path folder) {
        broker = ChaparProcess.start(folder.resolve("data"), "num.partitions=2");
        clients = new StockClients(broker.bootstrap());
        librdkafka = new Librdkafka(folder, broker.bootstrap());
    }

    @AfterAll
    void stop() {
        if (librdkafka != null) {
            librdkafka.close();
        }
        assertEquals(0, broker.stop(), broker::output);
    }

    @Test
    void commitsShowAndAbortsDoNot() {
        librdkafka.must("new", "one", "commits-and-aborts", 60_000);
        for (int i = 0; i < 9; i++) {
            librdkafka.must("begin", "one");
            librdkafka.must("send", "one", "commits", 0, "a" + i);
            librdkafka.must("send", "one", "commits", 1, "b" + i);
            librdkafka.must("send", "one", "commits", 0, "c" + i);
            librdkafka.must(i % 3 == 1 ? "abort" : "commit", "one");
        }
        Awaitility.await().untilAsserted(() -> {
            List<String> seen = clients.values("commits", READ_COMMITTED);
            assertEquals(18, seen.size(), seen::toString);
            assertTrue(seen.stream().noneMatch(value -> (value.charAt(1) - '0') % 3 == 1), seen::toString);
        });
        assertEquals(27, clients.values("commits", READ_UNCOMMITTED).size());
    }

    @Test
    void offsetsCountWhenTheirTransactionCommits() {
        librdkafka.must("new", "offsets", "offsets", 60_000);
        librdkafka.must("begin", "offsets");
        librdkafka.must("send", "offsets", "of-offsets", 0, "a");
        librdkafka.must("offsets", "offsets", "group-of-v1", "of-offsets", 0, 17);
        librdkafka.must("commit", "offsets");
        Awaitility.await().untilAsserted(() -> assertEquals(17, committed()));
        librdkafka.must("begin", "offsets");
        librdkafka.must("offsets", "offsets", "group-of-v1", "of-offsets", 0, 18);
        librdkafka.must("abort", "offsets");
        Awaitility.await().untilAsserted(() -> assertEquals(17, committed()));
    }

    private long committed() throws Exception {
        try (Admin admin = clients.admin()) {
            OffsetAndMetadata found = admin.listConsumerGroupOffsets("group-of-v1")
                    .partitionsToOffsetAndMetadata().get().get(new TopicPartition("of-offsets", 0));
            return found == null ? -1 : found.offset();
        }
    }

    @Test
    void aSecondInstanceFencesTheFirst() {
        librdkafka.must("new", "first", "fenced", 60_000);
        librdkafka.must("begin", "first");
        librdkafka.must("send", "first", "fence", 0, "early");
        librdkafka.must("new", "second", "fenced", 60_000);
        assertTrue(librdkafka.tell("commit", "first").endsWith("fatal"));
        librdkafka.must("begin", "second");
        librdkafka.must("send", "second", "fence", 0, "late");
        librdkafka.must("commit", "second");
        Awaitility.await().untilAsserted(() ->
                assertEquals(List.of("late"), clients.values("fence", READ_COMMITTED)));
    }

    @Test
    void aTransactionThatRanOutOfTimeIsAbortedAndNotCommitted() {
        librdkafka.must("new", "slow", "slow", 3_000);
        librdkafka.must("begin", "slow");
        librdkafka.must("send", "slow", "timeouts", 0, "too-slow");
        Awaitility.await().untilAsserted(() -> {
            try (Admin admin = clients.admin()) {
                assertEquals("CompleteAbort", admin.describeTransactions(List.of("slow"))
                        .description("slow").get().state().toString());
            }
        });
        String refused = librdkafka.tell("commit", "slow");
        assertTrue(refused.startsWith("error"), refused);
        assertEquals(List.of(), clients.values("timeouts", READ_COMMITTED));
        librdkafka.must("new", "next", "slow", 60_000);
        librdkafka.must("begin", "next");
        librdkafka.must("send", "next", "timeouts", 0, "in-time");
        librdkafka.must("commit", "next");
        Awaitility.await().untilAsserted(() ->
                assertEquals(List.of("in-time"), clients.values("timeouts", READ_COMMITTED)));
    }
}
