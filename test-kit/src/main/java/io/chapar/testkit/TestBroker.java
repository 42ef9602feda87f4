package io.chapar.testkit;

import io.chapar.broker.Broker;
import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.admin.TransactionListing;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.IsolationLevel;
import io.chapar.client.metadata.TopicView;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/// A broker in the test's own process, at a free port of 127.0.0.1, with a folder for its data that goes with it. It
/// is the broker itself, for any Kafka client; nothing of it is pretended.
///
/// ```
/// try (TestBroker broker = TestBroker.start()) {
///     broker.createTopic("orders", 3).produce("orders", Serdes.string(), Serdes.int64(), "ann", 100L);
///     try (ProcessorApp app = ProcessorApp.start(config(broker.bootstrap()), topology())) {
///         broker.crash().restart();
///         broker.await("payments", Serdes.string(), Serdes.int64(), 1, Duration.ofSeconds(30));
///     }
/// }
/// ```
/// Methods may be called by any thread, one at a time.
public final class TestBroker implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration PORT_LIMIT = Duration.ofSeconds(30);
    private static final String ANY_PORT = "PLAINTEXT://127.0.0.1:0";

    private final Map<String, String> settings;
    private final Path folder;
    private final int port;
    /// Null while it is down.
    private @Nullable Broker running;
    private @Nullable Producer<byte[], byte[]> producer;
    private boolean closed;

    private TestBroker(Map<String, String> settings, Path folder) {
        this.settings = settings;
        this.folder = folder;
        running = Broker.start(config(ANY_PORT));
        port = running.address().port();
    }

    /// When this returns, clients are served. Each topic that is not created otherwise has one partition.
    public static TestBroker start() {
        return start(Map.of());
    }

    /// @param settings of a broker, by Kafka's names. What is said here about listeners or folders has no effect
    public static TestBroker start(Map<String, String> settings) {
        Path folder;
        try {
            folder = Files.createTempDirectory("chapar-test");
        } catch (IOException e) {
            throw new UncheckedIOException("No folder for the data of a broker", e);
        }
        try {
            return new TestBroker(settings, folder);
        } catch (Throwable failure) {
            delete(folder);
            throw failure;
        }
    }

    private BrokerConfig config(String listener) {
        Map<String, String> all = new TreeMap<>(settings);
        all.put("listeners", listener);
        all.put("log.dirs", folder.toString());
        return BrokerConfig.of(all);
    }

    /// `host:port`, the same after each restart.
    public String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /// Dies at once, as with `kill -9`: clients lose their connections, what was under way is not brought to its end,
    /// what was written stays.
    public synchronized TestBroker crash() {
        running().crash();
        running = null;
        return this;
    }

    /// Stops in good order.
    public synchronized TestBroker stop() {
        running().close();
        running = null;
        return this;
    }

    /// Comes back at the same address with what it has written; stops in good order first if it runs. Waits for up to
    /// 30 s while somebody else has its port: the system gives it to whoever asks for any.
    public synchronized TestBroker restart() {
        if (closed) {
            throw new IllegalStateException("The broker was closed");
        }
        if (running != null) {
            stop();
        }
        running = again(config("PLAINTEXT://" + bootstrap()));
        return this;
    }

    private static Broker again(BrokerConfig config) {
        long deadlineNs = System.nanoTime() + PORT_LIMIT.toNanos();
        while (true) {
            try {
                return Broker.start(config);
            } catch (BrokerStartException.AddressNotUsable e) {
                if (System.nanoTime() >= deadlineNs || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                LockSupport.parkNanos(POLL.toNanos());
            }
        }
    }

    private Broker running() {
        if (running == null) {
            throw new IllegalStateException(closed ? "The broker was closed" : "The broker is down");
        }
        return running;
    }

    /// Fences producers, as another one with the same transactional id would: their open transactions are aborted,
    /// and they may not go on with what they have.
    ///
    /// @param id a transactional id, or the id of an application, for all of its instances and threads
    /// @return the transactional ids, in order. [IllegalStateException] when the broker knows of none
    public List<String> fence(String id) {
        try (Admin admin = admin()) {
            List<String> ids = admin.listTransactions().stream().map(TransactionListing::transactionalId)
                    .filter(known -> known.equals(id) || known.startsWith(id + "-")).sorted().toList();
            if (ids.isEmpty()) {
                throw new IllegalStateException("The broker knows of no transactional id " + id);
            }
            ids.forEach(known -> admin.fenceProducer(known).get());
            return ids;
        }
    }

    /// Of its data, to be looked at or damaged while it is down.
    public Path folder() {
        return folder;
    }

    /// For whatever else there is to ask; to be closed by the caller.
    public Admin admin() {
        return Admin.open(bootstrap());
    }

    public TestBroker createTopic(String name, int partitions) {
        return createTopic(new NewTopic(name, partitions));
    }

    public TestBroker createTopic(NewTopic topic) {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(topic)).values().forEach(created -> created.get());
        }
        return this;
    }

    /// Returns when the record is written. Records of one key have the order of the calls.
    public <K, V> TestBroker produce(String topic, Serde<K> keySerde, Serde<V> valueSerde, @Nullable K key,
            @Nullable V value) {
        return produce(topic, keySerde, valueSerde, key, value, null);
    }

    /// @param timestampMs null: that of the call
    public synchronized <K, V> TestBroker produce(String topic, Serde<K> keySerde, Serde<V> valueSerde,
            @Nullable K key, @Nullable V value, @Nullable Long timestampMs) {
        if (producer == null) {
            producer = Producer.open(ProducerConfig.builder(bootstrap()).build(), Serdes.bytes(), Serdes.bytes());
        }
        producer.send(new ProducerRecord<>(topic, null, timestampMs, keySerde.serialize(topic, key),
                valueSerde.serialize(topic, value), List.of())).join();
        return this;
    }

    /// What a reader of committed records sees up to the end of what is written now, each partition in its order.
    /// Nothing, when there is no such topic. An open transaction is waited for.
    public <K, V> List<ConsumerRecord<K, V>> read(String topic, Serde<K> keySerde, Serde<V> valueSerde) {
        List<TopicPartition> partitions = partitions(topic);
        if (partitions.isEmpty()) {
            return List.of();
        }
        try (Consumer<K, V> consumer = Consumer.open(ConsumerConfig.builder(bootstrap())
                .isolation(IsolationLevel.READ_COMMITTED).build(), keySerde, valueSerde)) {
            return readAll(consumer, partitions);
        }
    }

    private List<TopicPartition> partitions(String topic) {
        try (Admin admin = admin()) {
            return admin.listTopics().stream().filter(known -> known.name().equals(topic)).findAny()
                    .map(TestBroker::partitions).orElse(List.of());
        }
    }

    private static List<TopicPartition> partitions(TopicView topic) {
        return IntStream.range(0, topic.partitions().size())
                .mapToObj(partition -> new TopicPartition(topic.name(), partition)).toList();
    }

    private <K, V> List<ConsumerRecord<K, V>> readAll(Consumer<K, V> consumer, List<TopicPartition> partitions) {
        Map<TopicPartition, Long> ends = ends(partitions);
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        List<ConsumerRecord<K, V>> all = new ArrayList<>();
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            for (ConsumerRecord<K, V> record : consumer.poll(POLL)) {
                if (record.offset() < ends.getOrDefault(record.topicPartition(), 0L)) {
                    all.add(record);
                }
            }
        }
        all.sort(Comparator.<ConsumerRecord<K, V>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return all;
    }

    /// Of all that is written, of open transactions too.
    private Map<TopicPartition, Long> ends(List<TopicPartition> partitions) {
        try (Consumer<byte[], byte[]> consumer = Consumer.open(ConsumerConfig.builder(bootstrap())
                .isolation(IsolationLevel.READ_UNCOMMITTED).build(), Serdes.bytes(), Serdes.bytes())) {
            return consumer.endOffsets(partitions);
        }
    }

    /// As [#read], once there are so many records; [AssertionError] when there are fewer after this time.
    public <K, V> List<ConsumerRecord<K, V>> await(String topic, Serde<K> keySerde, Serde<V> valueSerde, int records,
            Duration atMost) {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        while (true) {
            List<ConsumerRecord<K, V>> found = read(topic, keySerde, valueSerde);
            if (found.size() >= records) {
                return found;
            }
            long leftNs = deadlineNs - System.nanoTime();
            if (leftNs <= 0) {
                throw new AssertionError("Topic " + topic + " has " + found.size() + " records after "
                        + atMost.toMillis() + " ms, not " + records + ": " + found);
            }
            LockSupport.parkNanos(Math.min(POLL.toNanos(), leftNs));
        }
    }

    /// Stops, and deletes what it has written.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (producer != null) {
                producer.close();
            }
        } finally {
            end();
        }
    }

    private void end() {
        try {
            if (running != null) {
                running.close();
                running = null;
            }
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path left, @Nullable IOException failure)
                        throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.delete(left);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("The data of a broker cannot be deleted", e);
        }
    }
}
