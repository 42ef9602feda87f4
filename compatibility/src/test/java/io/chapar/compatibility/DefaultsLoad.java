package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// Kafka's clients with nothing set but what they cannot do without: producers, transactional producers, and a group.
/// Whatever the application would be told of a failure counts, and so does how long each record and each commit took.
final class DefaultsLoad implements AutoCloseable {
    static final String PLAIN = "plain";
    static final String TRANSACTIONAL = "transactional";
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int WRITERS = 2;
    private static final int EVERY_MS = 5;
    private static final int PER_TRANSACTION = 3;

    /// @param doneNanos when it was acknowledged
    record Took(long doneNanos, long nanos) {}

    private final StockClients clients;
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> read = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Took> records = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Took> transactions = new ConcurrentLinkedQueue<>();
    private final CountDownLatch writingEnds = new CountDownLatch(1);
    private final CountDownLatch readingEnds = new CountDownLatch(1);
    private final List<Thread> writers = new ArrayList<>();
    private final List<Thread> readers = new ArrayList<>();

    private interface Work {
        void run() throws Exception;
    }

    DefaultsLoad(StockClients clients) {
        this.clients = clients;
        for (int i = 0; i < WRITERS; i++) {
            int number = i;
            writers.add(start("plain-" + i, () -> write(number)));
            writers.add(start("transactional-" + i, () -> writeInTransactions(number)));
            readers.add(start("member-" + i, this::read));
        }
    }

    private Thread start(String name, Work work) {
        return Thread.ofPlatform().name(name).start(() -> {
            try {
                work.run();
            } catch (Exception | Error e) {
                failures.add(e);
            }
        });
    }

    private boolean goesOn() throws InterruptedException {
        return !writingEnds.await(EVERY_MS, TimeUnit.MILLISECONDS);
    }

    private void write(int writer) throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer()) {
            for (int i = 0; goesOn(); i++) {
                String value = "p" + writer + "." + i;
                long begun = System.nanoTime();
                var _ = producer.send(new ProducerRecord<>(PLAIN, value, value), (_, failure) -> {
                    if (failure == null) {
                        acknowledged.add(value);
                        records.add(took(begun));
                    } else {
                        failures.add(failure);
                    }
                });
            }
        }
    }

    private static Took took(long begun) {
        long now = System.nanoTime();
        return new Took(now, now - begun);
    }

    private void writeInTransactions(int writer) throws Exception {
        try (KafkaProducer<String, String> producer = clients.producer("transactional.id=defaults-" + writer)) {
            producer.initTransactions();
            for (int i = 0; goesOn(); i++) {
                long begun = System.nanoTime();
                producer.beginTransaction();
                List<String> values = new ArrayList<>();
                for (int k = 0; k < PER_TRANSACTION; k++) {
                    String value = "t" + writer + "." + i + "." + k;
                    values.add(value);
                    var _ = producer.send(new ProducerRecord<>(TRANSACTIONAL, value, value), (_, failure) -> {
                        if (failure != null) {
                            failures.add(failure);
                        }
                    });
                }
                producer.commitTransaction();
                transactions.add(took(begun));
                acknowledged.addAll(values);
            }
        }
    }

    private void read() throws InterruptedException {
        try (KafkaConsumer<String, String> consumer = clients.consumer(
                "group.id=defaults", "isolation.level=read_committed")) {
            consumer.subscribe(List.of(PLAIN, TRANSACTIONAL));
            while (!readingEnds.await(0, TimeUnit.MILLISECONDS)) {
                for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
                    read.add(each.value());
                }
            }
        }
    }

    /// Returns when so many more are written and read, or somebody was told of a failure.
    void awaitMore(int count) {
        int wanted = acknowledged.size() + count;
        int wantedRead = read.size() + count;
        Awaitility.await().atMost(LIMIT).until(() -> !failures.isEmpty()
                || (acknowledged.size() >= wanted && read.size() >= wantedRead));
        assertEquals(List.of(), List.copyOf(failures));
    }

    /// Ends; all is there, once, and the group has read it.
    void finish() throws InterruptedException {
        writingEnds.countDown();
        for (Thread writer : writers) {
            writer.join();
        }
        if (failures.isEmpty()) {
            Awaitility.await().atMost(LIMIT).until(() -> read.containsAll(acknowledged));
        }
        readingEnds.countDown();
        for (Thread reader : readers) {
            reader.join();
        }
        assertEquals(List.of(), List.copyOf(failures));
        List<String> there = new ArrayList<>(clients.values(PLAIN, StockClients.READ_COMMITTED));
        there.addAll(clients.values(TRANSACTIONAL, StockClients.READ_COMMITTED));
        assertEquals(acknowledged.size(), there.size(), "once each");
        assertEquals(new TreeSet<>(acknowledged), new TreeSet<>(there));
    }

    /// What was acknowledged since then.
    Latencies recordsSince(long nanoTime) {
        return Latencies.of(records, nanoTime);
    }

    Latencies transactionsSince(long nanoTime) {
        return Latencies.of(transactions, nanoTime);
    }

    /// In ms; of nothing all are 0.
    record Latencies(int count, long p50, long p99, long worst) {
        private static Latencies of(Iterable<Took> all, long since) {
            List<Long> sorted = new ArrayList<>();
            for (Took each : all) {
                if (each.doneNanos() - since >= 0) {
                    sorted.add(each.nanos() / 1_000_000);
                }
            }
            sorted.sort(null);
            return sorted.isEmpty() ? new Latencies(0, 0, 0, 0) : new Latencies(sorted.size(),
                    sorted.get(sorted.size() / 2), sorted.get(sorted.size() * 99 / 100), sorted.getLast());
        }

        @Override
        public String toString() {
            return count + " of p50 " + p50 + " ms, p99 " + p99 + " ms, worst " + worst + " ms";
        }
    }

    @Override
    public void close() {
        writingEnds.countDown();
        readingEnds.countDown();
    }
}
