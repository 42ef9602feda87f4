package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

import java.time.Duration;
import java.util.Map;

/// One transactional producer after another under one transactional id: after a failure a new one takes over, as an
/// application would. Each transaction writes to every partition and commits its own number as the writer's offset.
/// Every other writer is patient: its client asks until the broker is back. The rest give up within a moment, so that
/// the outcome of a commit stays unknown to them; and now and then a writer vanishes in the middle of a transaction.
final class ChaosWriter {
    static final int RECORDS = 6;

    private final StockClients clients;
    private final TransactionLedger ledger;
    private final String topic;
    private final int partitions;
    private final int writer;
    private final int impatientMs;
    private volatile boolean finish;
    private volatile Throwable failure;
    private Thread thread;
    private ConsumerGroupMetadata group;
    private int number;

    /// @param impatientMs after which every other writer gives up, unless it is to finish
    ChaosWriter(StockClients clients, TransactionLedger ledger, String topic, int partitions, int writer,
            int impatientMs) {
        this.clients = clients;
        this.ledger = ledger;
        this.topic = topic;
        this.partitions = partitions;
        this.writer = writer;
        this.impatientMs = impatientMs;
    }

    void start() {
        try (KafkaConsumer<String, String> member = clients.consumer("group.id=" + group())) {
            group = member.groupMetadata();
        }
        thread = Thread.ofPlatform().name("chaos-" + writer).start(this::run);
    }

    /// One more transaction is to succeed, then this is the end.
    void finish() {
        finish = true;
    }

    void join() throws InterruptedException {
        if (!thread.join(Duration.ofMinutes(2))) {
            failure = new IllegalStateException("writer " + writer + " hangs in transaction " + number);
        }
    }

    Throwable failure() {
        return failure;
    }

    int number() {
        return writer;
    }

    String group() {
        return "chaos-" + writer;
    }

    private void run() {
        boolean done = false;
        while (!done) {
            boolean patient = writer % 2 == 0 || finish;
            KafkaProducer<String, String> producer = clients.producer("transactional.id=chaos-" + writer,
                    "transaction.timeout.ms=10000", "max.block.ms=" + (patient ? 30_000 : impatientMs),
                    "delivery.timeout.ms=9000", "request.timeout.ms=3000", "linger.ms=0",
                    "reconnect.backoff.max.ms=200");
            try {
                producer.initTransactions();
                while (!done) {
                    boolean last = finish;
                    done = transaction(producer, last) && last;
                }
            } catch (KafkaException _) {
                // The broker died under this producer. What it was about stays as the ledger has it, and the next one
                // takes over.
            } catch (RuntimeException | Error e) {
                failure = e;
                done = true;
            } finally {
                producer.close(Duration.ZERO);
            }
        }
    }

    /// True when it was committed.
    private boolean transaction(KafkaProducer<String, String> producer, boolean last) {
        String name = writer + "." + number++;
        boolean abort = !last && name.hashCode() % 5 == 0;
        ledger.begun(name);
        producer.beginTransaction();
        for (int i = 0; i < RECORDS; i++) {
            var _ = producer.send(new ProducerRecord<>(topic, i % partitions, name, Integer.toString(i)));
        }
        producer.sendOffsetsToTransaction(
                Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(number - 1)),
                group);
        if (!last && name.hashCode() % 41 == 0) {
            throw new KafkaException("vanished in " + name);
        }
        if (abort) {
            producer.abortTransaction();
            ledger.abortedOne();
            return false;
        }
        producer.flush();
        ledger.asked(name);
        producer.commitTransaction();
        ledger.committed(name);
        return true;
    }
}
