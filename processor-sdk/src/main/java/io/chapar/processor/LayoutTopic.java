package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

import static java.util.Objects.requireNonNull;

/// The topic in which an application records what the rows of its changelogs are: a step's name to its [Layout]. Of one
/// step the first record counts, so that of two applications that begin at once both know whose it is; one without a
/// value forgets those before it.
record LayoutTopic(String topic, Admin admin, ConsumerConfig reading, ProducerConfig writing) {
    private static final Duration POLL = Duration.ofMillis(500);

    /// Of these steps, as far as something is recorded. Blocks.
    Map<String, String> read(Set<String> steps) {
        TopicPartition partition = new TopicPartition(topic, 0);
        long end = end(partition);
        TreeMap<String, String> recorded = new TreeMap<>();
        try (Consumer<String, String> consumer = Consumer.open(reading, Serdes.string(), Serdes.string())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<String, String> record : consumer.poll(POLL)) {
                    String step = record.key();
                    String layout = record.value();
                    if (step != null && steps.contains(step)) {
                        recorded.compute(step, (key, first) -> layout == null ? null : first != null ? first : layout);
                    }
                }
            }
        }
        return recorded;
    }

    /// Returns when they are written. Blocks.
    void record(SortedMap<String, String> layouts) {
        try (Producer<String, String> producer = Producer.open(writing, Serdes.string(), Serdes.string())) {
            List<CompletableFuture<?>> written = new ArrayList<>();
            layouts.forEach((step, layout) -> written.add(producer.send(new ProducerRecord<>(topic, step, layout))));
            producer.flush();
            CompletableFuture.allOf(written.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ChaparException known ? known : new FatalException(
                    ErrorCode.UNKNOWN_SERVER_ERROR, "Writing to " + topic + " failed", e.getCause());
        }
    }

    /// Whether anything was ever written there.
    boolean isUsed(String changelog, int partitions) {
        TreeMap<TopicPartition, OffsetSpec> asked = new TreeMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            asked.put(new TopicPartition(changelog, partition), new OffsetSpec.Latest());
        }
        return admin.listOffsets(asked, false).values().stream().anyMatch(end -> end.get().offset() > 0);
    }

    private long end(TopicPartition partition) {
        return requireNonNull(admin.listOffsets(Map.of(partition, new OffsetSpec.Latest()), false).get(partition),
                "each partition that was asked about is answered for").get().offset();
    }
}
