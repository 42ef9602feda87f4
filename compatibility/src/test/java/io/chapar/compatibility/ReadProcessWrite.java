package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A member of a group that copies records with Kafka's own clients, in transactions that commit its offsets. After a
/// failure it begins anew with another consumer and another producer, as an application would.
final class ReadProcessWrite {
    private final StockClients clients;
    private final String from;
    private final String to;
    private final String group;
    private final int member;
    private final Thread thread;
    private volatile boolean ending;
    private volatile int lives;
    private volatile Throwable failure;

    ReadProcessWrite(StockClients clients, String from, String to, String group, int member) {
        this.clients = clients;
        this.from = from;
        this.to = to;
        this.group = group;
        this.member = member;
        thread = Thread.ofPlatform().name(group + "-" + member).start(this::run);
    }

    private void run() {
        try {
            while (!ending) {
                lives++;
                live();
            }
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    private void live() {
        KafkaProducer<String, String> producer = clients.producer("transactional.id=" + group + "-" + member,
                "transaction.timeout.ms=10000", "linger.ms=0", "reconnect.backoff.max.ms=200");
        KafkaConsumer<String, String> consumer = clients.consumer("group.id=" + group, "enable.auto.commit=false",
                "isolation.level=read_committed", "session.timeout.ms=6000", "heartbeat.interval.ms=1000",
                "reconnect.backoff.max.ms=200");
        try {
            producer.initTransactions();
            consumer.subscribe(List.of(from));
            while (!ending) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(100));
                if (!records.isEmpty()) {
                    copy(records, producer, consumer);
                }
            }
        } catch (KafkaException _) {
            // What was begun is aborted by whoever takes over.
        } finally {
            producer.close(Duration.ZERO);
            consumer.close(CloseOptions.timeout(Duration.ofSeconds(1)));
        }
    }

    private void copy(ConsumerRecords<String, String> records, KafkaProducer<String, String> producer,
            KafkaConsumer<String, String> consumer) {
        producer.beginTransaction();
        Map<TopicPartition, OffsetAndMetadata> next = new TreeMap<>(
                (a, b) -> Integer.compare(a.partition(), b.partition()));
        for (ConsumerRecord<String, String> each : records) {
            var _ = producer.send(new ProducerRecord<>(to, each.key(), each.value()));
            next.put(new TopicPartition(each.topic(), each.partition()), new OffsetAndMetadata(each.offset() + 1));
        }
        producer.sendOffsetsToTransaction(next, consumer.groupMetadata());
        producer.commitTransaction();
    }

    int lives() {
        return lives;
    }

    void interrupt() {
        ending = true;
    }

    /// Fails where it failed otherwise than by what brokers do.
    void end() throws InterruptedException {
        ending = true;
        if (!thread.join(Duration.ofMinutes(2))) {
            throw new IllegalStateException(thread.getName() + " hangs");
        }
        if (failure != null) {
            throw new IllegalStateException(thread.getName() + " failed", failure);
        }
    }
}
