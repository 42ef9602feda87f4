package io.chapar.broker.cluster;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Kafka's clients at their defaults, each in a thread of its own: a producer, a transactional producer, and two
/// members of a group that reads what is committed of both. Small, and without an end until it is closed.
final class SteadyLoad implements AutoCloseable {
    private static final int PER_TRANSACTION = 3;

    private final Map<String, Object> clients;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Map<String, Integer> read = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong longestWaitNs = new AtomicLong();
    private final AtomicLong longestTransactionNs = new AtomicLong();
    private final CountDownLatch writingEnds = new CountDownLatch(1);
    private final CountDownLatch readingEnds = new CountDownLatch(1);
    private final List<Thread> writers = new ArrayList<>();
    private final List<Thread> readers = new ArrayList<>();

    SteadyLoad(Map<String, Object> clients, String plain, String transactional) {
        this.clients = clients;
        writers.add(start(() -> write(plain)));
        writers.add(start(() -> writeInTransactions(transactional)));
        for (int i = 0; i < 2; i++) {
            readers.add(start(() -> readAll(List.of(plain, transactional))));
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private Thread start(Work work) {
        return Thread.ofPlatform().start(() -> {
            try {
                work.run();
            } catch (Exception | Error e) {
                failures.add(e);
            }
        });
    }

    private Map<String, Object> with(Map<String, Object> more) {
        Map<String, Object> all = new TreeMap<>(clients);
        all.putAll(more);
        return all;
    }

    private boolean goesOn() throws InterruptedException {
        return !writingEnds.await(5, TimeUnit.MILLISECONDS);
    }

    private static void atLeast(AtomicLong longest, long sinceNs) {
        longest.accumulateAndGet(System.nanoTime() - sinceNs, Math::max);
    }

    private void write(String topic) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                clients, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; goesOn(); i++) {
                String value = "p" + i;
                long begunNs = System.nanoTime();
                var _ = producer.send(new ProducerRecord<>(topic, value, value), (sent, failure) -> {
                    atLeast(longestWaitNs, begunNs);
                    note(sent, failure);
                    if (failure == null) {
                        acknowledged.add(value);
                    }
                });
            }
        }
    }

    private void note(RecordMetadata sent, Exception failure) {
        if (failure != null) {
            failures.add(failure);
        }
    }

    private void writeInTransactions(String topic) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                with(Map.of("transactional.id", "steady")), new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            for (int i = 0; goesOn(); i++) {
                long begunNs = System.nanoTime();
                producer.beginTransaction();
                List<String> values = new ArrayList<>();
                for (int k = 0; k < PER_TRANSACTION; k++) {
                    values.add("t" + i + "." + k);
                }
                for (String value : values) {
                    var _ = producer.send(new ProducerRecord<>(topic, value, value), this::note);
                }
                producer.commitTransaction();
                atLeast(longestTransactionNs, begunNs);
                acknowledged.addAll(values);
            }
        }
    }

    private void readAll(List<String> topics) throws InterruptedException {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                with(Map.of("isolation.level", "read_committed", "auto.offset.reset", "earliest", "group.id", "g")),
                new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(topics);
            while (!readingEnds.await(0, TimeUnit.MILLISECONDS)) {
                for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) {
                    read.merge(one.value(), 1, Integer::sum);
                }
            }
        }
    }

    /// Returns when so many more records are acknowledged, and read.
    void awaitMore(int records) {
        int wanted = acknowledged.size() + records;
        int wantedRead = read.size() + records;
        Awaitility.await().until(() -> !failures.isEmpty()
                || (acknowledged.size() >= wanted && read.size() >= wantedRead));
        assertEquals(List.of(), failures());
    }

    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    /// Of a record to be acknowledged, and of a transaction to be committed.
    long longestWaitMs() {
        return TimeUnit.NANOSECONDS.toMillis(Math.max(longestWaitNs.get(), longestTransactionNs.get()));
    }

    /// Ends when everything is answered, and all that was acknowledged is read.
    @Override
    public void close() {
        writingEnds.countDown();
        writers.forEach(SteadyLoad::join);
        if (failures.isEmpty()) {
            Awaitility.await().until(() -> read.keySet().containsAll(acknowledged));
        }
        readingEnds.countDown();
        readers.forEach(SteadyLoad::join);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void assertAllReadOnce() {
        Map<String, Integer> expected = new TreeMap<>();
        acknowledged.forEach(value -> expected.put(value, 1));
        Map<String, Integer> unlike = new TreeMap<>(read);
        unlike.entrySet().removeIf(each -> each.getValue().equals(expected.get(each.getKey())));
        Set<String> missing = new TreeSet<>(acknowledged);
        missing.removeAll(read.keySet());
        assertEquals(Map.of(), unlike, "read otherwise than once, or never acknowledged");
        assertEquals(Set.of(), missing);
    }
}
