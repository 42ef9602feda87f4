package io.chapar.bench;

import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// One record at a time: sent, acknowledged, read, and only then the next. A process of its own:
/// `LatencyClient BOOTSTRAP TOPIC WARM COUNT`.
final class LatencyClient {
    private static final Duration POLL = Duration.ofSeconds(10);
    private static final int VALUE_BYTES = 100;

    private LatencyClient() {
    }

    public static void main(String[] args) throws Exception {
        int warm = Integer.parseInt(args[2]);
        int count = Integer.parseInt(args[3]);
        Latencies acknowledged = new Latencies();
        Latencies read = new Latencies();
        Map<String, Object> common = Map.of("bootstrap.servers", args[0]);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(with(common, "acks", "all", "linger.ms", "0"),
                new ByteArraySerializer(), new ByteArraySerializer());
                KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(with(common),
                        new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(args[1], 0);
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            consumer.position(partition);
            for (int i = 0; i < warm + count; i++) {
                if (i == warm) {
                    System.out.println(ToolOutput.BEGIN);
                }
                long begin = System.nanoTime();
                producer.send(new ProducerRecord<>(args[1], 0, null, new byte[VALUE_BYTES])).get();
                long acked = System.nanoTime();
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                long end = System.nanoTime();
                if (records.count() != 1) {
                    throw new IllegalStateException(records.count() + " records were read where 1 was sent");
                }
                if (i >= warm) {
                    acknowledged.add(acked - begin);
                    read.add(end - begin);
                }
            }
            System.out.println(ToolOutput.END);
        }
        print("ack", acknowledged);
        print("read", read);
    }

    private static void print(String what, Latencies all) {
        System.out.println(what + ".p50 " + all.percentileMs(0.50));
        System.out.println(what + ".p99 " + all.percentileMs(0.99));
    }

    static Map<String, Object> with(Map<String, Object> common, Object... more) {
        Map<String, Object> all = new java.util.LinkedHashMap<>(common);
        for (int i = 0; i < more.length; i += 2) {
            all.put((String) more[i], more[i + 1]);
        }
        return all;
    }
}
