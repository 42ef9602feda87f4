package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A producer with its client's defaults (acks=all, idempotent) that writes numbers to one partition all the time, and
/// notes when each was acknowledged.
final class FailoverProbe implements AutoCloseable {
    private static final long EVERY_NANOS = 5_000_000;
    /// Records that may wait for a leader; beyond it the probe waits as well.
    private static final int MOST_UNDER_WAY = 1_000;

    private final StockClients clients;
    private final String topic;
    private final String[] settings;
    private final Thread thread;
    private final TreeMap<Long, Integer> acknowledgedAt = new TreeMap<>();
    private final List<Exception> failures = new ArrayList<>();
    private volatile boolean ending;
    private int sent;

    /// @param settings of the producer, beside its defaults: `key=value` each
    FailoverProbe(StockClients clients, String topic, String... settings) {
        this.clients = clients;
        this.topic = topic;
        this.settings = Stream.concat(Stream.of("linger.ms=0"), Stream.of(settings)).toArray(String[]::new);
        thread = Thread.ofPlatform().name("failover-probe").start(this::run);
    }

    private void run() {
        try (KafkaProducer<String, String> producer = clients.producer(settings)) {
            while (!ending) {
                int number = sent++;
                var _ = producer.send(new ProducerRecord<>(topic, 0, null, Integer.toString(number)),
                        (_, failure) -> answered(number, failure));
                LockSupport.parkNanos(EVERY_NANOS);
                while (!ending && underWay() > MOST_UNDER_WAY) {
                    LockSupport.parkNanos(EVERY_NANOS);
                }
            }
        }
    }

    private synchronized void answered(int number, Exception failure) {
        if (failure == null) {
            acknowledgedAt.put(System.nanoTime(), number);
        } else {
            failures.add(failure);
        }
    }

    private synchronized int underWay() {
        return sent - acknowledgedAt.size() - failures.size();
    }

    /// The first acknowledgement from this moment on, in ms after it; -1 while there is none.
    synchronized long firstAfterMs(long nanoTime) {
        Long at = acknowledgedAt.ceilingKey(nanoTime);
        return at == null ? -1 : (at - nanoTime) / 1_000_000;
    }

    /// For how long, since then, nothing was acknowledged at a stretch.
    synchronized long longestGapMs(long nanoTime) {
        long longest = 0;
        long before = nanoTime;
        for (long at : acknowledgedAt.tailMap(nanoTime).keySet()) {
            longest = Math.max(longest, at - before);
            before = at;
        }
        return Math.max(longest, System.nanoTime() - before) / 1_000_000;
    }

    /// Ends, and compares what was acknowledged with what is there: all of it, once, in order.
    void assertNothingIsLost() throws InterruptedException {
        List<Integer> there = assertAllIsThere(clients);
        List<Integer> sorted = new ArrayList<>(there);
        Collections.sort(sorted);
        assertEquals(sorted, there, "in order");
        assertEquals(there.size(), sorted.stream().distinct().count(), "once");
        synchronized (this) {
            assertTrue(acknowledgedAt.size() > 100, "it got on: " + this);
        }
    }

    /// Returns when all that was sent is answered.
    void stop() throws InterruptedException {
        ending = true;
        thread.join();
    }

    /// Ends; what was acknowledged is there, be it twice or in another order.
    ///
    /// @param readers of the topic
    List<Integer> assertAllIsThere(StockClients readers) throws InterruptedException {
        stop();
        List<Integer> there = readers.records(topic, StockClients.READ_COMMITTED).stream()
                .map(ConsumerRecord::value).map(Integer::valueOf).toList();
        synchronized (this) {
            List<Integer> lost = new ArrayList<>(acknowledgedAt.values());
            lost.removeAll(Set.copyOf(there));
            assertEquals(List.of(), lost, () -> "acknowledged and not there: " + lost.size() + " of " + this);
        }
        return there;
    }

    @Override
    public synchronized String toString() {
        return String.format(Locale.ROOT, "%d numbers acknowledged, %d failed%s", acknowledgedAt.size(),
                failures.size(), failures.isEmpty() ? "" : " (" + failures.getFirst() + ")");
    }

    @Override
    public void close() {
        ending = true;
        thread.interrupt();
    }
}
