package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.testing.FreePorts;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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

/// Kafka's own transactional producer and read-committed consumer against a broker of this process, whose partitions
/// are spread over several loops.
///
/// Every commit is preceded by a flush: the producer of kafka-clients 4.3 looks whether batches are left before it
/// takes the lock under which it sends EndTxn, so that a commit in the wrong instant overtakes its own records.
@SuppressWarnings("FutureReturnValueIgnored") // what was sent is counted by reading it
class StockTransactionIT {
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 0);

    @TempDir
    Path folder;

    private Broker broker;

    @BeforeEach
    void start() {
        broker = Broker.start(config());
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private BrokerConfig config() {
        return BrokerConfig.of(Map.of(
                "listeners", "127.0.0.1:0", "log.dirs", folder.toString(),
                "transaction.state.log.num.partitions", "5", "num.network.threads", "3"));
    }

    private Properties properties(Map<String, String> more) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", broker.address().toString());
        properties.putAll(more);
        return properties;
    }

    private KafkaProducer<String, String> producer(String id, Map<String, String> more) {
        Properties properties = properties(more);
        properties.put("transactional.id", id);
        return new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer());
    }

    private List<String> committed(TopicPartition partition, int expected) {
        return read(partition, expected, "read_committed");
    }

    private List<String> read(TopicPartition partition, int expected, String isolation) {
        Properties properties = properties(Map.of("isolation.level", isolation));
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<String> values = new ArrayList<>();
            long deadline = System.nanoTime() + Duration.ofSeconds(90).toNanos();
            while (values.size() < expected && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    values.add(one.value());
                }
            }
            // What should not be there would come now.
            consumer.poll(Duration.ofMillis(300)).forEach(one -> values.add(one.value()));
            return values;
        }
    }

    @Test
    void commitsAreSeenAndAbortsAreNot() {
        List<String> expected = new ArrayList<>();
        try (KafkaProducer<String, String> producer = producer("t", Map.of())) {
            producer.initTransactions();
            for (int i = 0; i < 60; i++) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("a", "a" + i));
                producer.send(new ProducerRecord<>("b", "b" + i));
                if (i % 3 == 1) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.flush();
                    producer.commitTransaction();
                    expected.add("" + i);
                }
            }
        }
        assertEquals(expected.stream().map(i -> "a" + i).toList(), committed(A, 40));
        assertEquals(expected.stream().map(i -> "b" + i).toList(), committed(B, 40));
        assertEquals(60, read(A, 60, "read_uncommitted").size());
    }

    @Test
    void aSecondInstanceFencesTheFirst() throws Exception {
        try (KafkaProducer<String, String> first = producer("f", Map.of());
                KafkaProducer<String, String> second = producer("f", Map.of())) {
            first.initTransactions();
            first.beginTransaction();
            first.send(new ProducerRecord<>("a", "lost")).get();
            second.initTransactions();
            second.beginTransaction();
            second.send(new ProducerRecord<>("a", "kept")).get();
            second.commitTransaction();
            assertThrows(KafkaException.class, () -> {
                first.send(new ProducerRecord<>("a", "late"));
                first.flush();
                first.commitTransaction();
            });
        }
        assertEquals(List.of("kept"), committed(A, 1));
    }

    @Test
    void anAbandonedTransactionIsAbortedInTime() throws Exception {
        KafkaProducer<String, String> abandoned = producer("slow", Map.of("transaction.timeout.ms", "1000"));
        abandoned.initTransactions();
        abandoned.beginTransaction();
        abandoned.send(new ProducerRecord<>("a", "never")).get();
        try (KafkaProducer<String, String> other = producer("other", Map.of());
                Admin admin = Admin.create(properties(Map.of()))) {
            other.initTransactions();
            other.beginTransaction();
            other.send(new ProducerRecord<>("a", "behind")).get();
            other.commitTransaction();
            Awaitility.await().until(() -> admin.describeTransactions(List.of("slow"))
                    .description("slow").get().state() == TransactionState.COMPLETE_ABORT);
            assertEquals(2, admin.listTransactions().all().get().size());
        }
        assertEquals(List.of("behind"), committed(A, 1));
        abandoned.close(Duration.ZERO);
    }

    @Test
    void transactionsSurviveARestart() throws Exception {
        broker.close();
        BrokerConfig config = config().with("listeners", "127.0.0.1:" + FreePorts.one());
        broker = Broker.start(config);
        try (KafkaProducer<String, String> producer = producer("r", Map.of())) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "one"));
            producer.flush();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "open")).get();
            broker.close();
            broker = Broker.start(config);
            producer.flush();
            producer.commitTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("a", "three"));
            producer.flush();
            producer.commitTransaction();
        }
        assertEquals(List.of("one", "open", "three"), committed(A, 3));
    }
}
