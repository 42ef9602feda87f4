package io.chapar.cli;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.admin.Admin;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What goes on while backups are made, and what must be true of a broker that was restored from one: transactions over
/// several partitions, some aborted; and an application that reads, writes and commits its offsets in one transaction.
final class BackupLoad implements AutoCloseable {
    private static final int WRITERS = 3;
    private static final int PARTITIONS = 3;
    private static final List<String> TOPICS = List.of("left", "right", "table", "short", "copied");
    private static final String COPIER = "copier";

    private final String address;
    private final Map<String, AtomicLong> ended = new TreeMap<>();
    private final List<CompletableFuture<Void>> running = new ArrayList<>();
    private volatile boolean stopped;

    /// @param ended how many transactions of each writer were over, by its transactional id
    record Seen(Map<String, Long> ended) {}

    private BackupLoad(String address) {
        this.address = address;
    }

    static BackupLoad begin(RunningBroker broker) {
        create(broker, "left");
        create(broker, "right", "segment.bytes=16384");
        create(broker, "copied");
        create(broker, "table", "cleanup.policy=compact", "segment.bytes=4096", "min.cleanable.dirty.ratio=0.01");
        create(broker, "short", "retention.bytes=8192", "segment.bytes=4096");
        return again(broker);
    }

    /// On topics that are there, of a broker that was killed: numbers go on behind those that are there.
    static BackupLoad again(RunningBroker broker) {
        BackupLoad load = new BackupLoad(broker.address());
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            ids.add("writer-" + i);
        }
        // All that was open ends before anybody looks: an open transaction hides what others have committed behind it.
        ids.forEach(id -> producer(broker.address(), id).close());
        producer(broker.address(), COPIER).close();
        ids.forEach(id -> load.ended.put(id, new AtomicLong(next(broker.address(), id))));
        ids.forEach(id -> load.running.add(started(() -> load.write(id))));
        load.running.add(started(load::copy));
        return load;
    }

    private static void create(RunningBroker broker, String topic, String... settings) {
        List<String> line = new ArrayList<>(List.of("topic", "create", topic, "--partitions", "" + PARTITIONS));
        for (String setting : settings) {
            line.addAll(List.of("--config", setting));
        }
        RunningBroker.done(broker.run("", line.toArray(String[]::new)));
    }

    /// Behind the last that was committed; the outcome of one that was under way when the broker was killed is known
    /// by then, and one that was aborted had a number of those that are.
    private static long next(String address, String id) {
        long last = byWriter(read(address, "left")).getOrDefault(id, Set.of()).stream().mapToLong(n -> n).max()
                .orElse(-1);
        return last < 0 ? 0 : last + 1;
    }

    private static CompletableFuture<Void> started(Runnable work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (Throwable failure) {
                done.completeExceptionally(failure);
            }
        });
        return done;
    }

    Seen seen() {
        running.stream().filter(CompletableFuture::isCompletedExceptionally).forEach(CompletableFuture::join);
        Map<String, Long> now = new LinkedHashMap<>();
        ended.forEach((id, count) -> now.put(id, count.get()));
        return new Seen(now);
    }

    /// Every writer has ended so many more.
    boolean hasMoved(Seen since, int by) {
        return seen().ended.entrySet().stream().allMatch(one -> one.getValue() >= since.ended.get(one.getKey()) + by);
    }

    private static boolean isAborted(long n) {
        return n % 5 == 3;
    }

    private static Producer<String, String> producer(String address, String id) {
        Producer<String, String> producer = Producer.open(
                ProducerConfig.builder(address).transactionalId(id).build(), Serdes.string(), Serdes.string());
        producer.initTransactions();
        return producer;
    }

    private void write(String id) {
        AtomicLong count = ended.get(id);
        try (Producer<String, String> producer = producer(address, id)) {
            for (long n = count.get(); !stopped; n++) {
                int partition = (int) (n % PARTITIONS);
                producer.beginTransaction();
                producer.send(new ProducerRecord<>("left", partition, id, id + ":" + n));
                producer.send(new ProducerRecord<>("right", (partition + 1) % PARTITIONS, id, id + ":" + n));
                producer.send(new ProducerRecord<>("table", 0, id, "" + n));
                producer.send(new ProducerRecord<>("short", partition, id, "" + n));
                if (isAborted(n)) {
                    producer.flush();
                    producer.abortTransaction();
                } else {
                    producer.commitTransaction();
                }
                count.set(n + 1);
            }
        }
    }

    private static ConsumerConfig reader(String address, String group) {
        ConsumerConfig.Builder config = ConsumerConfig.builder(address).isolation(IsolationLevel.READ_COMMITTED)
                .offsetReset(OffsetReset.EARLIEST);
        return group.isEmpty() ? config.build() : config.groupId(group).build();
    }

    private void copy() {
        try (Producer<String, String> producer = producer(address, COPIER);
                Consumer<String, String> consumer =
                        Consumer.open(reader(address, COPIER), Serdes.string(), Serdes.string())) {
            consumer.subscribe(List.of("left"));
            while (!stopped) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(50));
                Map<TopicPartition, OffsetAndMetadata> next = new TreeMap<>();
                for (ConsumerRecord<String, String> one : records) {
                    next.put(one.topicPartition(), new OffsetAndMetadata(one.offset() + 1));
                }
                if (!next.isEmpty()) {
                    producer.beginTransaction();
                    for (ConsumerRecord<String, String> one : records) {
                        producer.send(new ProducerRecord<>("copied", (int) (one.offset() % PARTITIONS), one.key(),
                                one.partition() + "@" + one.offset()));
                    }
                    producer.sendOffsets(next, consumer.groupMetadata());
                    producer.commitTransaction();
                }
            }
        }
    }

    /// Lets what is under way come to its end, and fails where something did not go well.
    @Override
    public void close() {
        stopped = true;
        running.forEach(CompletableFuture::join);
    }

    /// As [#close], of a broker that was killed.
    void abandon() {
        stopped = true;
    }

    // ---- a restored broker

    /// @param before what was over when the backup began
    static void requireWhole(String address, Seen before) {
        try (Admin admin = Admin.open(address)) {
            // What was open ends, as whoever owns it wants: here, as the next of its name.
            before.ended.keySet().forEach(id -> producer(address, id).close());
            producer(address, COPIER).close();
            Set<TopicPartition> all = new LinkedHashSet<>();
            TOPICS.forEach(topic -> all.addAll(partitions(topic)));
            assertEquals(List.of(), admin.openTransactions(all));
            requireWhole(admin, address, before);
            for (String id : before.ended.keySet()) {
                writeOne(address, id);
            }
        }
    }

    private static void requireWhole(Admin admin, String address, Seen before) {
        Map<String, Set<Long>> left = byWriter(read(address, "left"));
        Map<String, Set<Long>> right = byWriter(read(address, "right"));
        assertEquals(left, right);
        Map<String, Long> last = new TreeMap<>();
        before.ended.forEach((id, count) -> {
            Set<Long> there = left.getOrDefault(id, Set.of());
            long upTo = there.stream().mapToLong(n -> n + 1).max().orElse(0);
            assertTrue(upTo + 1 >= count, id + " had ended " + count + " and there are " + upTo);
            assertEquals(LongStream.range(0, upTo).filter(n -> !isAborted(n)).boxed().collect(Collectors.toSet()),
                    there, id);
            if (upTo > 0) {
                last.put(id, upTo - 1);
            }
        });
        Map<String, Long> table = new TreeMap<>();
        read(address, "table").forEach(one -> table.put(one.key(), Long.parseLong(one.value())));
        assertEquals(last, table);
        assertTrue(!read(address, "short").isEmpty() || last.isEmpty());
        requireCopied(admin, address);
    }

    /// What the application has written is what lies before its offsets, each once, and those lie within the log.
    private static void requireCopied(Admin admin, String address) {
        Map<TopicPartition, OffsetAndMetadata> committed = admin.committedOffsets(COPIER);
        List<String> expected = new ArrayList<>();
        for (ConsumerRecord<String, String> one : read(address, "left")) {
            OffsetAndMetadata upTo = committed.get(one.topicPartition());
            if (upTo != null && one.offset() < upTo.offset()) {
                expected.add(one.partition() + "@" + one.offset());
            }
        }
        List<String> found = new ArrayList<>(read(address, "copied").stream().map(ConsumerRecord::value).toList());
        expected.sort(null);
        found.sort(null);
        assertEquals(expected, found);
        try (Consumer<String, String> consumer =
                Consumer.open(reader(address, ""), Serdes.string(), Serdes.string())) {
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions("left"));
            committed.forEach((partition, offset) -> assertTrue(offset.offset() <= ends.get(partition),
                    partition + ": " + offset + " lies behind " + ends.get(partition)));
        }
    }

    private static Set<TopicPartition> partitions(String topic) {
        Set<TopicPartition> all = new LinkedHashSet<>();
        for (int i = 0; i < PARTITIONS; i++) {
            all.add(new TopicPartition(topic, i));
        }
        return all;
    }

    /// All that readers of committed records see.
    private static List<ConsumerRecord<String, String>> read(String address, String topic) {
        try (Consumer<String, String> consumer =
                Consumer.open(reader(address, ""), Serdes.string(), Serdes.string())) {
            Set<TopicPartition> all = partitions(topic);
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            List<ConsumerRecord<String, String>> found = new ArrayList<>();
            while (all.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
                consumer.poll(Duration.ofMillis(200)).forEach(found::add);
            }
            return found;
        }
    }

    /// A transaction of which a part is missing, or that is there twice, has no such set.
    private static Map<String, Set<Long>> byWriter(List<ConsumerRecord<String, String>> records) {
        Map<String, Set<Long>> found = new TreeMap<>();
        for (ConsumerRecord<String, String> one : records) {
            String[] parts = one.value().split(":");
            assertTrue(found.computeIfAbsent(parts[0], _ -> new LinkedHashSet<>()).add(Long.valueOf(parts[1])),
                    one.value() + " is there twice");
        }
        return found;
    }

    /// It goes on as if nothing had been.
    private static void writeOne(String address, String id) {
        try (Producer<String, String> producer = producer(address, id)) {
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("left", 0, id, id + ":after"));
            producer.commitTransaction();
        }
    }
}
