package io.chapar.cli;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Work for a broker that is watched: enough of each kind of request that the machine learns which code is hot and what
/// it is called with. Each kind takes as long as it takes, but not longer than a few seconds.
final class WarmLoad {
    private static final long LIMIT_NS = TimeUnit.SECONDS.toNanos(4);
    private static final int FULL_BATCHES = 400_000;
    private static final int SINGLES = 8_000;
    private static final int TRANSACTIONS = 4_000;
    private static final int READS = 3;
    private static final int VALUE_BYTES = 100;

    private final String address;

    WarmLoad(String address) {
        this.address = address;
    }

    void run() {
        TopicPartition full = new TopicPartition("warm-full", 0);
        TopicPartition single = new TopicPartition("warm-single", 0);
        try (Producer<byte[], byte[]> producer = Producer.open(
                ProducerConfig.from(settings(KafkaConfigNames.ACKS, "all")), Serdes.bytes(), Serdes.bytes())) {
            long end = System.nanoTime() + LIMIT_NS;
            for (int i = 0; i < FULL_BATCHES && System.nanoTime() < end; i++) {
                var _ = producer.send(record(full));
            }
            producer.flush();
            for (int i = 0; i < READS; i++) {
                readAll(full);
            }
            oneByOne(producer, single);
        }
        transactions(new TopicPartition("warm-txn", 0));
    }

    private void readAll(TopicPartition partition) {
        try (Consumer<byte[], byte[]> consumer = consumer(partition)) {
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            consumer.seek(partition, 0L);
            for (long read = 0; read < end; ) {
                read += consumer.poll(Duration.ofSeconds(1)).count();
            }
        }
    }

    private void oneByOne(Producer<byte[], byte[]> producer, TopicPartition partition) {
        producer.send(record(partition)).join();
        try (Consumer<byte[], byte[]> consumer = consumer(partition)) {
            consumer.seek(partition, consumer.endOffsets(List.of(partition)).get(partition));
            long end = System.nanoTime() + LIMIT_NS;
            for (int i = 0; i < SINGLES && System.nanoTime() < end; i++) {
                producer.send(record(partition)).join();
                consumer.poll(Duration.ofSeconds(1));
            }
        }
    }

    private void transactions(TopicPartition partition) {
        ProducerConfig config = ProducerConfig.from(settings(KafkaConfigNames.TRANSACTIONAL_ID, "warm"));
        try (Producer<byte[], byte[]> producer = Producer.open(config, Serdes.bytes(), Serdes.bytes())) {
            producer.initTransactions();
            long end = System.nanoTime() + LIMIT_NS;
            for (int i = 0; i < TRANSACTIONS && System.nanoTime() < end; i++) {
                producer.beginTransaction();
                var _ = producer.send(record(partition));
                producer.commitTransaction();
            }
        }
    }

    private Consumer<byte[], byte[]> consumer(TopicPartition partition) {
        Consumer<byte[], byte[]> consumer =
                Consumer.open(ConsumerConfig.from(settings(KafkaConfigNames.AUTO_OFFSET_RESET, "earliest")),
                        Serdes.bytes(), Serdes.bytes());
        consumer.assign(List.of(partition));
        return consumer;
    }

    private Map<String, Object> settings(String key, Object value) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put(KafkaConfigNames.BOOTSTRAP_SERVERS, address);
        settings.put(key, value);
        return settings;
    }

    private static ProducerRecord<byte[], byte[]> record(TopicPartition to) {
        return new ProducerRecord<>(to.topic(), to.partition(), null, null, new byte[VALUE_BYTES], List.of());
    }
}
