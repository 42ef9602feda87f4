package io.chapar.bench;

import io.chapar.bench.apps.AppKind;
import io.chapar.bench.apps.Numbered;
import io.chapar.bench.apps.OutputCheck;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/// The topics of one application: fills what it reads, tells how far it has committed, checks what it has written.
/// In this process and not in one of its own: nothing is measured while it works, but for [#committed].
final class AppTopics implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long GIVE_UP_NS = TimeUnit.SECONDS.toNanos(60);

    private final Brokers brokers;
    private final String id;
    private final int partitions;
    private final Admin admin;

    private AppTopics(Brokers brokers, String id, int partitions) {
        this.brokers = brokers;
        this.id = id;
        this.partitions = partitions;
        admin = Admin.create(Map.of("bootstrap.servers", brokers.bootstrap()));
    }

    /// @param id of the application, which is its group too
    static AppTopics create(Brokers brokers, String id, int partitions) throws InterruptedException {
        AppTopics topics = new AppTopics(brokers, id, partitions);
        brokers.createTopic(topics.input(), partitions);
        brokers.createTopic(topics.output(), partitions);
        return topics;
    }

    String input() {
        return id + "-in";
    }

    String output() {
        return id + "-out";
    }

    /// Returns when all are acknowledged.
    void fill(Numbered numbered, int count) throws InterruptedException {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers",
                brokers.bootstrap(), "acks", "all"), new StringSerializer(), new ByteArraySerializer())) {
            for (int number = 0; number < count; number++) {
                var _ = producer.send(new ProducerRecord<>(input(), numbered.key(number), numbered.value(number)));
            }
            producer.flush();
        }
        long there = ends(input(), "read_uncommitted").values().stream().mapToLong(Long::longValue).sum();
        if (there != count) {
            throw new BenchFailure("Of " + count + " records " + there + " were written.");
        }
    }

    /// How many records of its input the application has committed.
    long committed() throws InterruptedException {
        try {
            return admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata().get().values().stream()
                    .filter(Objects::nonNull).mapToLong(OffsetAndMetadata::offset).sum();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof ApiException) {
                return 0; // no group yet, or no coordinator
            }
            throw new BenchFailure("The broker does not tell how far the application is: " + e.getCause(), e);
        }
    }

    /// Fails unless what it has committed is of each record once, and in their order for each key.
    void check(AppKind kind, Map<Numbered, Integer> counts, String who) {
        Map<Numbered, OutputCheck> checks = new java.util.LinkedHashMap<>();
        counts.forEach((numbered, count) -> checks.put(numbered, new OutputCheck(numbered, kind, count)));
        Map<TopicPartition, Long> ends = ends(output(), "read_committed");
        try (KafkaConsumer<String, byte[]> consumer = consumer("read_committed")) {
            consumer.assign(ends.keySet());
            consumer.seekToBeginning(ends.keySet());
            long begin = System.nanoTime();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    checks.forEach((numbered, check) -> {
                        if (numbered.has(record.key())) {
                            check.add(record.key(), record.value());
                        }
                    });
                }
                if (System.nanoTime() - begin > GIVE_UP_NS) {
                    throw new BenchFailure("What " + who + " wrote could not be read within a minute.");
                }
            }
        }
        checks.values().forEach(check -> {
            try {
                check.requireExactlyOnce(who);
            } catch (IllegalStateException e) {
                throw new BenchFailure(Objects.requireNonNull(e.getMessage(), "it says what"), e);
            }
        });
    }

    private Map<TopicPartition, Long> ends(String topic, String isolation) {
        try (KafkaConsumer<String, byte[]> consumer = consumer(isolation)) {
            return consumer.endOffsets(IntStream.range(0, partitions)
                    .mapToObj(partition -> new TopicPartition(topic, partition)).toList());
        }
    }

    private KafkaConsumer<String, byte[]> consumer(String isolation) {
        return new KafkaConsumer<>(Map.of("bootstrap.servers", brokers.bootstrap(), "isolation.level", isolation),
                new StringDeserializer(), new ByteArrayDeserializer());
    }

    /// Deletes the topics, so that a round needs no more disk than one application's.
    @Override
    public void close() {
        try {
            admin.deleteTopics(List.of(input(), output())).all().get();
        } catch (ExecutionException e) {
            throw new BenchFailure("Cannot delete an application's topics: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            admin.close();
        }
    }
}
