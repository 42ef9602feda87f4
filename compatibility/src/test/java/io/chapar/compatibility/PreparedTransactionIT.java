package io.chapar.compatibility;

import io.chapar.client.FencedException;
import io.chapar.client.UsageException;
import io.chapar.client.producer.PreparedTransaction;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// Two-phase commit with our own client: somebody else decides about a prepared transaction.
class PreparedTransactionIT extends SharedBroker {
    PreparedTransactionIT() {
        super("transaction.two.phase.commit.enable=true");
    }

    private Producer<String, String> open(String id) {
        return Producer.open(ProducerConfig.builder(broker.bootstrap()).transactionalId(id).twoPhaseCommit(true)
                .transactionTimeoutMs(1_000).build(), Serdes.string(), Serdes.string());
    }

    private PreparedTransaction prepare(Producer<String, String> producer, String topic, String value) {
        producer.beginTransaction();
        var _ = producer.send(new ProducerRecord<>(topic, "k", value));
        return producer.prepareTransaction();
    }

    /// Closed and fenced producers leave it alone, and so does a broker that was killed.
    @Test
    void aPreparedTransactionWaitsForItsDecision() {
        create("prepared", 1);
        PreparedTransaction committed;
        try (Producer<String, String> producer = open("prepared-id")) {
            assertEquals(Optional.empty(), producer.initTransactions(true));
            committed = prepare(producer, "prepared", "committed");
            assertThrows(UsageException.class, () -> producer.send(new ProducerRecord<>("prepared", "k", "late")));
        }
        broker.kill();
        broker.start();
        try (Producer<String, String> heir = open("prepared-id"); Producer<String, String> next = open("prepared-id")) {
            assertEquals(Optional.of(committed), heir.initTransactions(true));
            assertEquals(Optional.of(committed), next.initTransactions(true));
            assertThrows(FencedException.class, () -> heir.completeTransaction(committed));
            next.completeTransaction(PreparedTransaction.parse(committed.toString()));
            prepare(next, "prepared", "aborted");
        }
        try (Producer<String, String> heir = open("prepared-id")) {
            heir.initTransactions(true);
            heir.completeTransaction(committed);
            PreparedTransaction last = prepare(heir, "prepared", "here");
            heir.completeTransaction(last);
        }
        Awaitility.await().untilAsserted(() -> assertEquals(
                List.of("committed", "here"), stock.values("prepared", StockClients.READ_COMMITTED)));
    }
}
