package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTransactionsOptions;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// What time does to the transactions of stock producers.
class TransactionTimeIT {
    private static final TopicPartition A = new TopicPartition("a", 0);

    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() {
        broker = Broker.start(BrokerConfig.of(Map.of("listeners", "127.0.0.1:0", "log.dirs", folder.toString())));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        return properties;
    }

    private KafkaProducer<String, String> producer(String id, int timeoutMs) {
        Properties properties = properties();
        properties.put("transactional.id", id);
        properties.put("transaction.timeout.ms", timeoutMs);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private void awaitAborted(String id) {
        try (Admin admin = Admin.create(properties())) {
            Awaitility.await().until(() -> admin.describeTransactions(List.of(id))
                    .description(id).get().state() == TransactionState.COMPLETE_ABORT);
        }
    }

    private List<String> committed(int expected) {
        Properties properties = properties();
        properties.put("isolation.level", "read_committed");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(A));
            consumer.seekToBeginning(List.of(A));
            List<String> values = new ArrayList<>();
            Awaitility.await().until(() -> {
                consumer.poll(Duration.ofMillis(100)).forEach(one -> values.add(one.value()));
                return values.size() >= expected;
            });
            return values;
        }
    }

    @Test
    void aTransactionThatRanOutOfTimeCannotBeCommitted() throws Exception {
        try (KafkaProducer<String, String> producer = producer("late", 1_000)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "first half")).get();
            awaitAborted("late");
            assertThrows(KafkaException.class, producer::commitTransaction);
        }
        try (KafkaProducer<String, String> next = producer("late", 60_000)) {
            next.initTransactions();
            next.beginTransaction();
            next.send(new ProducerRecord<>("a", "whole")).get();
            next.commitTransaction();
        }
        assertEquals(List.of("whole"), committed(1));
    }

    @Test
    void itsProducerMayAbortAndGoOn() throws Exception {
        try (KafkaProducer<String, String> producer = producer("on", 3_000)) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "lost")).get();
            awaitAborted("on");
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "kept")).get();
            producer.commitTransaction();
        }
        assertEquals(List.of("kept"), committed(1));
    }

    @Test
    void noPatternTakesLong() throws Exception {
        try (KafkaProducer<String, String> producer = producer("a".repeat(60) + "b", 60_000);
                Admin admin = Admin.create(properties())) {
            producer.initTransactions();
            ListTransactionsOptions some = new ListTransactionsOptions().filterOnTransactionalIdPattern("a+b");
            assertEquals(1, admin.listTransactions(some).all().get().size());
            ListTransactionsOptions evil = new ListTransactionsOptions().filterOnTransactionalIdPattern("(.*a){20}c");
            assertEquals(0, admin.listTransactions(evil).all().get().size());
            ListTransactionsOptions large =
                    new ListTransactionsOptions().filterOnTransactionalIdPattern("((a{1000}){1000}){1000}");
            assertThrows(Exception.class, () -> admin.listTransactions(large).all().get());
            assertEquals(1, admin.listTransactions().all().get().size());
        }
    }
}
