package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.net.WireTap;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TransactionAbortableException;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What stock producers are told on the wire, where their own retries hide nothing: a healthy broker bounces no healthy
/// client, neither with CONCURRENT_TRANSACTIONS, which clients poll on, nor with INVALID_TXN_STATE, which ends them.
@SuppressWarnings("FutureReturnValueIgnored") // a failed write fails the commit
class QuietTransactionsIT {
    @TempDir
    Path folder;

    private WireTap tap;
    private Broker broker;

    @BeforeEach
    void start() throws Exception {
        tap = new WireTap();
        broker = Broker.start(BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "advertised.listeners", tap.address().toString(),
                "log.dirs", folder.toString(),
                "transaction.state.log.num.partitions", "5", "num.network.threads", "3")));
        tap.open(broker.address());
        try (Admin admin = Admin.create(properties(Map.of()))) {
            admin.createTopics(List.of(new NewTopic("a", 3, (short) 1), new NewTopic("b", 3, (short) 1))).all().get();
        }
    }

    @AfterEach
    void stop() {
        broker.close();
        tap.close();
    }

    private Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", tap.address().toString());
        properties.putAll(more);
        return properties;
    }

    private KafkaProducer<String, String> producer(String id, Map<String, String> more) {
        Properties properties = properties(more);
        properties.put("transactional.id", id);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    /// Commits, aborts, aborts of nothing, group offsets, several partitions, new instances: back to back, eight at
    /// once.
    @Test
    void healthyProducersAreNeverBounced() throws Exception {
        try (ExecutorService threads = Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String id = "p" + i;
                all.add(threads.submit(() -> churn(id)));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
        for (WireTap.Seen one : tap.seen()) {
            assertEquals(ErrorCode.NONE, one.error(), one::toString);
        }
        assertTrue(tap.seen().stream().anyMatch(one -> one.api() == ApiKey.TXN_OFFSET_COMMIT));
        assertTrue(tap.seen().stream().filter(one -> one.api() == ApiKey.END_TXN).count() >= 8 * 50);
    }

    private void churn(String id) {
        for (int instance = 0; instance < 2; instance++) {
            try (KafkaProducer<String, String> producer = producer(id, Map.of())) {
                producer.initTransactions();
                for (int i = 0; i < 30; i++) {
                    transaction(producer, id, i);
                }
                if (instance == 0) {
                    // Left open: the next instance has to end it before it goes on.
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>("a", 0, id, "open"));
                    producer.flush();
                    producer.close(Duration.ZERO);
                }
            }
        }
    }

    @SuppressWarnings("removal") // a group without members has no other way
    private static void transaction(KafkaProducer<String, String> producer, String id, int number) {
        producer.beginTransaction();
        if (number % 7 != 6) {
            producer.send(new ProducerRecord<>("a", number % 3, id, "v" + number));
            producer.send(new ProducerRecord<>("b", (number + 1) % 3, id, "v" + number));
        }
        if (number % 3 == 0) {
            producer.sendOffsetsToTransaction(
                    Map.of(new TopicPartition("a", number % 3), new OffsetAndMetadata(number)),
                    new ConsumerGroupMetadata("g-" + id));
        }
        producer.flush();
        if (number % 5 == 4) {
            producer.abortTransaction();
        } else {
            producer.commitTransaction();
        }
    }

    /// Its client, paused for longer than the transaction's timeout, is told to abort, does so and goes on.
    @Test
    void whoComesTooLateToCommitMayAbortAndGoOn() throws Exception {
        try (KafkaProducer<String, String> producer = producer("late", Map.of("transaction.timeout.ms", "3000"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", 0, "k", "lost")).get();
            try (Admin admin = Admin.create(properties(Map.of()))) {
                Awaitility.await().until(() ->
                        admin.describeTransactions(List.of("late")).description("late").get().state().toString()
                                .equals("CompleteAbort"));
            }
            KafkaException refused = assertThrows(KafkaException.class, producer::commitTransaction);
            assertInstanceOf(TransactionAbortableException.class, refused);
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", 0, "k", "kept")).get();
            producer.commitTransaction();
        }
        assertEquals(0, tap.count(ErrorCode.INVALID_TXN_STATE));
    }
}
