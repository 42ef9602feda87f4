package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;

import static io.chapar.compatibility.StockClients.READ_COMMITTED;
import static io.chapar.compatibility.StockClients.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// Kafka's own producer and consumer, transactions of version 2, one real broker.
///
/// Every commit is preceded by a flush: the producer of kafka-clients 4.3 looks whether batches are left before it
/// takes the lock under which it sends EndTxn, so that a commit in the wrong instant overtakes its own records.
class StockTransactionsIT extends SharedBroker {
    private KafkaProducer<String, String> transactional(String id, String... more) {
        String[] settings = new String[more.length + 1];
        settings[0] = "transactional.id=" + id;
        System.arraycopy(more, 0, settings, 1, more.length);
        return stock.producer(settings);
    }

    private static void send(KafkaProducer<String, String> producer, String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            var _ = producer.send(new ProducerRecord<>(topic, "key" + i, "v" + i));
        }
        producer.flush();
    }

    private static List<String> values(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "v" + i).toList();
    }

    @Test
    void commitsShowAndAbortsDoNot() {
        try (KafkaProducer<String, String> producer = transactional("commits-and-aborts")) {
            producer.initTransactions();
            producer.beginTransaction();
            send(producer, "commits", 0, 20);
            producer.flush();
            producer.commitTransaction();
            producer.beginTransaction();
            send(producer, "commits", 20, 40);
            producer.abortTransaction();
            producer.beginTransaction();
            send(producer, "commits", 40, 60);
            producer.flush();
            producer.commitTransaction();

            Awaitility.await().untilAsserted(() ->
                    assertEquals(join(values(0, 20), values(40, 60)), stock.values("commits", READ_COMMITTED)));
            assertEquals(values(0, 60), stock.values("commits", READ_UNCOMMITTED));
        }
    }

    @Test
    void anOpenTransactionHidesWhatFollows() throws Exception {
        try (KafkaProducer<String, String> open = transactional("open");
                KafkaProducer<String, String> plain = stock.producer()) {
            send(plain, "hidden", 0, 1);
            open.initTransactions();
            open.beginTransaction();
            send(open, "hidden", 1, 2);
            send(plain, "hidden", 2, 3);
            assertEquals(values(0, 1), stock.values("hidden", READ_COMMITTED));
            assertEquals(values(0, 3), stock.values("hidden", READ_UNCOMMITTED));
            open.flush();
            open.commitTransaction();
            Awaitility.await().untilAsserted(() ->
                    assertEquals(values(0, 3), stock.values("hidden", READ_COMMITTED)));
        }
    }

    @Test
    void aSecondInstanceFencesTheFirst() {
        try (KafkaProducer<String, String> first = transactional("fenced");
                KafkaProducer<String, String> second = transactional("fenced")) {
            first.initTransactions();
            first.beginTransaction();
            send(first, "fence", 0, 5);
            second.initTransactions();
            KafkaException refused = assertThrows(KafkaException.class, () -> {
                send(first, "fence", 5, 6);
                first.flush();
                first.commitTransaction();
            });
            assertFenced(refused);
            second.beginTransaction();
            send(second, "fence", 6, 9);
            second.flush();
            second.commitTransaction();
            Awaitility.await().untilAsserted(() ->
                    assertEquals(values(6, 9), stock.values("fence", READ_COMMITTED)));
            first.close(Duration.ZERO);
        }
    }

    private static void assertFenced(Throwable refused) {
        Throwable cause = refused;
        while (!(cause instanceof ProducerFencedException || cause instanceof InvalidProducerEpochException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (!(cause instanceof InvalidProducerEpochException)) {
            assertInstanceOf(ProducerFencedException.class, cause, refused::toString);
        }
    }

    @Test
    void aSilentProducersTransactionIsAborted() {
        try (KafkaProducer<String, String> silent = transactional("silent", "transaction.timeout.ms=3000")) {
            silent.initTransactions();
            silent.beginTransaction();
            send(silent, "timeouts", 0, 3);
            try (KafkaProducer<String, String> plain = stock.producer()) {
                send(plain, "timeouts", 3, 4);
            }
            Awaitility.await().untilAsserted(() ->
                    assertEquals(values(3, 4), stock.values("timeouts", READ_COMMITTED)));
            assertThrows(KafkaException.class, silent::commitTransaction);
            silent.close(Duration.ZERO);
        }
    }

    @Test
    void offsetsCommitWithTheTransactionAlone() {
        try (KafkaProducer<String, String> plain = stock.producer()) {
            send(plain, "offsets-in", 0, 10);
        }
        TopicPartition input = new TopicPartition("offsets-in", 0);
        try (KafkaProducer<String, String> producer = transactional("offsets");
                KafkaConsumer<String, String> consumer = stock.consumer("group.id=offsets-group")) {
            producer.initTransactions();
            ConsumerGroupMetadata group = consumer.groupMetadata();
            producer.beginTransaction();
            producer.sendOffsetsToTransaction(Map.of(input, new OffsetAndMetadata(4)), group);
            producer.abortTransaction();
            assertEquals(null, consumer.committed(java.util.Set.of(input)).get(input));
            producer.beginTransaction();
            send(producer, "offsets-out", 0, 7);
            producer.sendOffsetsToTransaction(Map.of(input, new OffsetAndMetadata(7, "seven")), group);
            producer.flush();
            producer.commitTransaction();
            assertEquals(new OffsetAndMetadata(7, "seven"), consumer.committed(java.util.Set.of(input)).get(input));
        }
    }

    @Test
    void retriesOfAnIdempotentProducerAddNothing() throws ExecutionException, InterruptedException {
        try (KafkaProducer<String, String> producer = stock.producer("enable.idempotence=true", "linger.ms=0",
                "batch.size=1")) {
            long last = -1;
            for (int i = 0; i < 200; i++) {
                last = producer.send(new ProducerRecord<>("idempotent", 0, "k", "v" + i)).get().offset();
            }
            assertEquals(199, last);
        }
        assertEquals(values(0, 200), stock.values("idempotent", READ_COMMITTED));
    }

    @Test
    void manySmallTransactionsOfOneProducerFollowEachOther() {
        try (KafkaProducer<String, String> producer = transactional("many")) {
            producer.initTransactions();
            for (int i = 0; i < 300; i++) {
                producer.beginTransaction();
                var _ = producer.send(new ProducerRecord<>("many", "k", "v" + i));
                if (i % 3 == 2) {
                    producer.abortTransaction();
                } else {
                    producer.flush();
                    producer.commitTransaction();
                }
            }
        }
        List<String> expected = IntStream.range(0, 300).filter(i -> i % 3 != 2).mapToObj(i -> "v" + i).toList();
        Awaitility.await().untilAsserted(() -> assertEquals(expected, stock.values("many", READ_COMMITTED)));
    }

    private static List<String> join(List<String> first, List<String> second) {
        return java.util.stream.Stream.concat(first.stream(), second.stream()).toList();
    }
}
