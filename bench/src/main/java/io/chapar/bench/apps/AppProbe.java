package io.chapar.bench.apps;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/// Writes records into a running application at a steady rate, and reads what it has committed: how long each took
/// from `send` until a reader of committed records had what came of it. A process of its own:
/// `AppProbe BOOTSTRAP INPUT OUTPUT KIND RATE WARM-MS MS PREFIX KEYS`.
public final class AppProbe {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long GIVE_UP_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long TICK_NS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final double NS_PER_MS = 1e6;

    private final String bootstrap;
    private final String input;
    private final String output;
    private final long rate;
    private final int warm;
    private final int all;
    private final Numbered numbered;
    private final OutputCheck check;
    private final AtomicLongArray sentNs;
    private final AtomicLongArray tookNs;

    private AppProbe(String[] args) {
        bootstrap = args[0];
        input = args[1];
        output = args[2];
        rate = Long.parseLong(args[4]);
        warm = (int) (rate * Long.parseLong(args[5]) / 1_000);
        all = warm + (int) (rate * Long.parseLong(args[6]) / 1_000);
        numbered = new Numbered(args[7], Integer.parseInt(args[8]));
        check = new OutputCheck(numbered, AppKind.valueOf(args[3]), all);
        sentNs = new AtomicLongArray(all);
        tookNs = new AtomicLongArray(all);
    }

    /// How many records it sends, with the same arguments.
    public static int records(int rate, int warmMs, int countedMs) {
        return (int) ((long) rate * warmMs / 1_000) + (int) ((long) rate * countedMs / 1_000);
    }

    public static void main(String[] args) throws InterruptedException {
        AppProbe probe = new AppProbe(args);
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", probe.bootstrap,
                "isolation.level", "read_committed"), new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(probe.output).stream()
                    .map(one -> new TopicPartition(one.topic(), one.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            Thread sender = new Thread(probe::send, "probe-sender");
            sender.setDaemon(true);
            sender.start();
            probe.read(consumer, sender);
        }
        probe.check.requireExactlyOnce("The application");
        long[] counted = new long[probe.all - probe.warm];
        Arrays.setAll(counted, i -> probe.tookNs.get(probe.warm + i));
        Arrays.sort(counted);
        for (int percent : new int[] {50, 99}) {
            int index = Math.clamp((long) Math.ceil(counted.length * (percent / 100.0)) - 1, 0, counted.length - 1);
            System.out.println("p" + percent + " " + counted[index] / NS_PER_MS);
        }
    }

    private void send() {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap,
                "acks", "all", "linger.ms", "0"), new StringSerializer(), new ByteArraySerializer())) {
            long begin = System.nanoTime();
            for (int number = 0; number < all; number++) {
                if (number == warm) {
                    System.out.println("begin");
                }
                long due = begin + number * SECOND_NS / rate / TICK_NS * TICK_NS;
                while (System.nanoTime() - due < 0) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                sentNs.set(number, System.nanoTime());
                var _ = producer.send(new ProducerRecord<>(input, numbered.key(number), numbered.value(number)));
            }
        }
        System.out.println("end");
    }

    private void read(KafkaConsumer<String, byte[]> consumer, Thread sender) {
        long lastNs = System.nanoTime();
        while (!check.isComplete() || sender.isAlive()) {
            for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                lastNs = System.nanoTime();
                if (numbered.has(record.key())) {
                    int number = check.add(record.key(), record.value());
                    if (number >= 0) {
                        tookNs.set(number, lastNs - sentNs.get(number));
                    }
                }
            }
            if (System.nanoTime() - lastNs > GIVE_UP_NS) {
                check.requireExactlyOnce("A minute after the last output the application");
            }
        }
    }
}
