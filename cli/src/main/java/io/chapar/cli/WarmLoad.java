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

import static java.util.Objects.requireNonNull;

/// Work for a broker that is watched: enough of each kind of request that the machine learns which code is hot and what
/// it is called with.
///
/// In rounds of everything, small ones first: what a compiler learns of code that all requests share it must have
/// learnt from all of them, or it throws its work away when the next kind comes. In a process of its own for the same
/// reason: a client's use of the network library is not the broker's.
final class WarmLoad {
    private static final int ROUNDS = 40;
    /// The first round has this part of what a full one has, the second twice as much, and so on.
    private static final int SMALLEST = 20;
    private static final int FULL_BATCHES = 30_000;
    private static final int SINGLES = 300;
    private static final int TRANSACTIONS = 300;
    private static final int LONGEST_TRANSACTION = 20;
    private static final int VALUE_BYTES = 100;
    private static final Duration POLL = Duration.ofSeconds(1);

    private final String address;

    private WarmLoad(String address) {
        this.address = address;
    }

    /// @param args where brokers are, and for how many seconds they are to work
    public static void main(String[] args) {
        WarmLoad load = new WarmLoad(args[0]);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.parseLong(args[1]));
        for (int round = 0; round < ROUNDS && System.nanoTime() < end; round++) {
            int part = Math.min(SMALLEST, round + 1);
            load.records(FULL_BATCHES * part / SMALLEST, SINGLES * part / SMALLEST);
            load.transactions(round, TRANSACTIONS * part / SMALLEST);
        }
    }

    private void records(int together, int singles) {
        TopicPartition full = new TopicPartition("warm-full", 0);
        TopicPartition single = new TopicPartition("warm-single", 0);
        try (Producer<byte[], byte[]> producer = producer(KafkaConfigNames.ACKS, "all");
                Consumer<byte[], byte[]> consumer = consumer()) {
            for (int i = 0; i < together; i++) {
                var _ = producer.send(record(full));
            }
            producer.flush();
            consumer.assign(List.of(full));
            readFrom(consumer, full, Math.max(0, end(consumer, full) - together));
            producer.send(record(single)).join();
            consumer.assign(List.of(single));
            consumer.seek(single, end(consumer, single));
            for (int i = 0; i < singles; i++) {
                producer.send(record(single)).join();
                consumer.poll(POLL);
            }
        }
    }

    private void transactions(int round, int count) {
        TopicPartition partition = new TopicPartition("warm-txn", 0);
        try (Producer<byte[], byte[]> producer = producer(KafkaConfigNames.TRANSACTIONAL_ID, "warm-" + round % 4)) {
            producer.initTransactions();
            for (int i = 0; i < count; i++) {
                producer.beginTransaction();
                for (int records = i % 4 == 0 ? LONGEST_TRANSACTION : 1; records > 0; records--) {
                    var _ = producer.send(record(partition));
                }
                producer.commitTransaction();
            }
        }
    }

    private static long end(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
        return requireNonNull(consumer.endOffsets(List.of(partition)).get(partition), "asked for");
    }

    private static void readFrom(Consumer<byte[], byte[]> consumer, TopicPartition partition, long from) {
        long end = end(consumer, partition);
        consumer.seek(partition, from);
        for (long read = from; read < end; ) {
            read += consumer.poll(POLL).count();
        }
    }

    private Producer<byte[], byte[]> producer(String key, Object value) {
        return Producer.open(ProducerConfig.from(settings(key, value)), Serdes.bytes(), Serdes.bytes());
    }

    private Consumer<byte[], byte[]> consumer() {
        return Consumer.open(ConsumerConfig.from(settings(KafkaConfigNames.AUTO_OFFSET_RESET, "earliest")),
                Serdes.bytes(), Serdes.bytes());
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
