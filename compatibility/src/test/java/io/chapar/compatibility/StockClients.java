package io.chapar.compatibility;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// Apache Kafka's own clients with their defaults, against one broker.
record StockClients(String bootstrap) {
    static final String READ_COMMITTED = "read_committed";
    static final String READ_UNCOMMITTED = "read_uncommitted";

    KafkaProducer<String, String> producer(String... settings) {
        return new KafkaProducer<>(configuration(settings), new StringSerializer(), new StringSerializer());
    }

    KafkaConsumer<String, String> consumer(String... settings) {
        Map<String, Object> configuration = configuration(settings);
        configuration.putIfAbsent("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(configuration, new StringDeserializer(), new StringDeserializer());
    }

    Admin admin() {
        return Admin.create(configuration());
    }

    private Map<String, Object> configuration(String... settings) {
        Map<String, Object> configuration = new HashMap<>();
        configuration.put("bootstrap.servers", bootstrap);
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            configuration.put(setting.substring(0, equals), setting.substring(equals + 1));
        }
        return configuration;
    }

    /// All values of a topic, up to the end that a reader of this isolation sees now.
    List<String> values(String topic, String isolation) {
        return records(topic, isolation).stream().map(ConsumerRecord::value).toList();
    }

    List<ConsumerRecord<String, String>> records(String topic, String isolation) {
        try (KafkaConsumer<String, String> consumer = consumer("isolation.level=" + isolation)) {
            return upToTheEnd(consumer, fromTheBeginning(consumer, topic));
        }
    }

    private static List<TopicPartition> fromTheBeginning(KafkaConsumer<String, String> consumer, String topic) {
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(each -> new TopicPartition(topic, each.partition())).toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        return partitions;
    }

    /// Returns when so many records that are committed can be read.
    void awaitRecords(String topic, int count, Duration limit) {
        int[] read = {0};
        awaitRead(topic, limit, value -> read[0]++, () -> read[0] >= count);
    }

    /// Returns when so many different values that are committed can be read.
    void awaitDistinct(String topic, int count, Duration limit) {
        Set<String> values = new HashSet<>();
        awaitRead(topic, limit, values::add, () -> values.size() >= count);
    }

    /// One reader that goes on: a new one for each look costs more than what it looks at.
    private void awaitRead(String topic, Duration limit, Consumer<String> each, BooleanSupplier enough) {
        int read = 0;
        try (KafkaConsumer<String, String> consumer = consumer("isolation.level=" + READ_COMMITTED)) {
            fromTheBeginning(consumer, topic);
            long giveUp = System.nanoTime() + limit.toNanos();
            while (!enough.getAsBoolean()) {
                if (System.nanoTime() - giveUp > 0) {
                    throw new AssertionError("not enough in " + topic + " after " + limit + ": " + read + " records");
                }
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    each.accept(one.value());
                    read++;
                }
            }
        }
    }

    private static List<ConsumerRecord<String, String>> upToTheEnd(
            KafkaConsumer<String, String> consumer, Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        long giveUp = System.nanoTime() + Duration.ofSeconds(90).toNanos();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            if (System.nanoTime() > giveUp) {
                throw new IllegalStateException(
                        "the reader stands before " + ends + " with " + all.size() + " records");
            }
            consumer.poll(Duration.ofMillis(100)).forEach(all::add);
        }
        return all;
    }
}
