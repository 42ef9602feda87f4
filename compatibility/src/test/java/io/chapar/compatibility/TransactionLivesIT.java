package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import static io.chapar.compatibility.StockClients.READ_COMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Transactions over the death of their broker, and ids that are forgotten, as clients of both versions of the protocol
/// see them.
class TransactionLivesIT {
    @TempDir
    Path folder;

    @Test
    void version2GoesOnInItsTransactionAfterTheBrokerWasKilled() throws Exception {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"))) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (KafkaProducer<String, String> producer = clients.producer("transactional.id=survivor")) {
                producer.initTransactions();
                for (int i = 0; i < 2; i++) {
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>("survived", "before " + i)).get();
                    broker.kill();
                    broker.start();
                    producer.send(new ProducerRecord<>("survived", "after " + i)).get();
                    if (i == 0) {
                        producer.abortTransaction();
                    } else {
                        producer.commitTransaction();
                    }
                }
            }
            Awaitility.await().untilAsserted(() -> assertEquals(
                    List.of("before 1", "after 1"), clients.values("survived", READ_COMMITTED)));
        }
    }

    @Test
    void version1GoesOnInItsTransactionAfterTheBrokerWasKilled() {
        try (ChaparProcess broker = ChaparProcess.start(folder.resolve("data"));
                Librdkafka librdkafka = new Librdkafka(folder, broker.bootstrap())) {
            StockClients clients = new StockClients(broker.bootstrap());
            librdkafka.must("new", "p", "survivor", 60_000);
            for (int i = 0; i < 2; i++) {
                librdkafka.must("begin", "p");
                librdkafka.must("send", "p", "survived", 0, "before-" + i);
                broker.kill();
                broker.start();
                librdkafka.must("send", "p", "survived", 0, "after-" + i);
                librdkafka.must(i == 0 ? "abort" : "commit", "p");
            }
            Awaitility.await().untilAsserted(() -> assertEquals(
                    List.of("before-1", "after-1"), clients.values("survived", READ_COMMITTED)));
        }
    }

    private ChaparProcess forgetful() {
        return ChaparProcess.start(folder.resolve("data"), "transactional.id.expiration.ms=4000");
    }

    private static void awaitForgotten(StockClients clients) {
        try (Admin admin = clients.admin()) {
            Awaitility.await().untilAsserted(() ->
                    assertEquals(List.of(), List.copyOf(admin.listTransactions().all().get())));
        }
    }

    /// The id is gone, and with it everything that its producer could still do.
    @Test
    void version2LearnsThatItsIdWasForgotten() throws Exception {
        try (ChaparProcess broker = forgetful()) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (KafkaProducer<String, String> producer = clients.producer("transactional.id=idle")) {
                producer.partitionsFor("forgotten"); // what takes long comes before the id can expire
                producer.initTransactions();
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("forgotten", "before")).get();
                producer.commitTransaction();
                awaitForgotten(clients);
                producer.beginTransaction();
                assertThrows(KafkaException.class, () -> {
                    var _ = producer.send(new ProducerRecord<>("forgotten", "too late"));
                    producer.commitTransaction();
                });
                producer.close(Duration.ZERO);
            }
            try (KafkaProducer<String, String> next = clients.producer("transactional.id=idle")) {
                next.partitionsFor("forgotten");
                next.initTransactions();
                next.beginTransaction();
                next.send(new ProducerRecord<>("forgotten", "after")).get();
                next.commitTransaction();
            }
            Awaitility.await().untilAsserted(() ->
                    assertEquals(List.of("before", "after"), clients.values("forgotten", READ_COMMITTED)));
        }
    }

    @Test
    void version1LearnsThatItsIdWasForgotten() throws Exception {
        try (ChaparProcess broker = forgetful();
                Librdkafka librdkafka = new Librdkafka(folder, broker.bootstrap())) {
            StockClients clients = new StockClients(broker.bootstrap());
            try (Admin admin = clients.admin()) {
                // What takes long comes before the id can expire.
                admin.createTopics(List.of(new NewTopic("forgotten", 1, (short) 1))).all().get();
            }
            librdkafka.must("new", "p", "idle", 60_000);
            librdkafka.must("begin", "p");
            librdkafka.must("send", "p", "forgotten", 0, "before");
            librdkafka.must("commit", "p");
            awaitForgotten(clients);
            librdkafka.must("begin", "p");
            String sent = librdkafka.tell("send", "p", "forgotten", 0, "too-late");
            String committed = librdkafka.tell("commit", "p");
            assertTrue(sent.startsWith("error") && committed.startsWith("error"), sent + ", " + committed);
            librdkafka.must("new", "q", "idle", 60_000);
            librdkafka.must("begin", "q");
            librdkafka.must("send", "q", "forgotten", 0, "after");
            librdkafka.must("commit", "q");
            Awaitility.await().untilAsserted(() ->
                    assertEquals(List.of("before", "after"), clients.values("forgotten", READ_COMMITTED)));
        }
    }
}
