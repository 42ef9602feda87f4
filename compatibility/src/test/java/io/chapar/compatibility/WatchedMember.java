package io.chapar.compatibility;

import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// A stock consumer in a thread of its own, which commits all that it has read before it asks for more. What it owns,
/// reads and loses goes into a [Ledger] that all members of the group share.
final class WatchedMember {
    private static final Duration POLL = Duration.ofMillis(50);

    private final String name;
    private final Ledger ledger;
    private final KafkaConsumer<String, String> consumer;
    private final Thread thread;
    private final Set<TopicPartition> owned = ConcurrentHashMap.newKeySet();
    private volatile boolean ending = false;

    WatchedMember(StockClients stock, String topic, String name, Ledger ledger, String... settings) {
        this.name = name;
        this.ledger = ledger;
        String[] all = Arrays.copyOf(settings, settings.length + 3);
        all[settings.length] = "enable.auto.commit=false";
        all[settings.length + 1] = "client.id=" + name;
        all[settings.length + 2] = "max.poll.records=20";
        consumer = stock.consumer(all);
        thread = Thread.ofPlatform().name(name).start(() -> run(topic));
    }

    private void run(String topic) {
        try (consumer) {
            consumer.subscribe(List.of(topic), new Watcher());
            while (!ending) {
                ConsumerRecords<String, String> records = consumer.poll(POLL);
                records.forEach(record -> ledger.read(name, record));
                commit(records);
            }
        } catch (WakeupException e) {
            ledger.complain(name + " was woken: " + e);
        } catch (RuntimeException e) {
            ledger.complain(name + " ended with " + e);
        }
    }

    private void commit(ConsumerRecords<String, String> records) {
        if (records.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync();
            ledger.committed(records);
        } catch (RebalanceInProgressException e) {
            // The next commit is of these too, and there is one before they are given up.
            ledger.putOff();
        } catch (CommitFailedException e) {
            ledger.refused(name, records.partitions());
        }
    }

    private void commitAll() {
        try {
            consumer.commitSync();
        } catch (CommitFailedException | RebalanceInProgressException e) {
            ledger.refused(name, consumer.assignment());
        }
    }

    Set<TopicPartition> owned() {
        return Set.copyOf(owned);
    }

    /// It leaves, and gives up what it has.
    void close() throws InterruptedException {
        ending = true;
        thread.join();
    }

    private final class Watcher implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            partitions.forEach(one -> ledger.take(name, one));
            owned.addAll(partitions);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (!partitions.isEmpty()) {
                commitAll();
            }
            forget(partitions);
        }

        private void forget(Collection<TopicPartition> partitions) {
            owned.removeAll(Set.copyOf(partitions));
            partitions.forEach(one -> ledger.give(name, one));
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            ledger.lost(name, partitions);
            forget(partitions);
        }
    }

    /// What the members of one group do together.
    static final class Ledger {
        private final Map<TopicPartition, String> owners = new ConcurrentHashMap<>();
        private final Map<TopicPartition, Long> next = new ConcurrentHashMap<>();
        private final Map<TopicPartition, Long> committed = new ConcurrentHashMap<>();
        final Queue<String> complaints = new ConcurrentLinkedQueue<>();
        final Queue<String> losses = new ConcurrentLinkedQueue<>();
        private long repeated = 0;
        private long read = 0;
        private long putOff = 0;

        void complain(String what) {
            complaints.add(what);
        }

        void take(String who, TopicPartition partition) {
            String other = owners.putIfAbsent(partition, who);
            if (other != null) {
                complain(who + " got " + partition + ", which " + other + " has");
            }
        }

        void give(String who, TopicPartition partition) {
            owners.remove(partition, who);
        }

        void lost(String who, Collection<TopicPartition> partitions) {
            losses.add(who + " lost " + partitions);
        }

        /// One goes on where the last commit was, or where the reading before ended.
        synchronized void read(String who, ConsumerRecord<String, String> record) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            long expected = next.getOrDefault(partition, 0L);
            long kept = committed.getOrDefault(partition, 0L);
            if (record.offset() > expected) {
                complain(who + " skipped " + expected + " to " + record.offset() + " of " + partition);
            } else if (record.offset() < kept) {
                complain(who + " read " + record.offset() + " of " + partition + " again, committed up to " + kept);
            } else if (record.offset() < expected) {
                repeated++;
            }
            next.merge(partition, record.offset() + 1, Math::max);
            read++;
        }

        synchronized void committed(ConsumerRecords<String, String> records) {
            for (TopicPartition partition : records.partitions()) {
                committed.merge(partition, records.records(partition).getLast().offset() + 1, Math::max);
            }
        }

        void refused(String who, Collection<TopicPartition> partitions) {
            losses.add(who + " may not commit " + partitions);
        }

        synchronized void putOff() {
            putOff++;
        }

        /// Up to where records have been read, over all partitions.
        synchronized long reached() {
            return next.values().stream().mapToLong(Long::longValue).sum();
        }

        synchronized long repeated() {
            return repeated;
        }

        @Override
        public synchronized String toString() {
            return read + " records, " + repeated + " read again that were not committed, " + putOff
                    + " commits put off, " + losses;
        }
    }
}
