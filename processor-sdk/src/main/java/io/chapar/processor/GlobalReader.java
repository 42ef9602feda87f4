package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.metadata.TopicView;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Reads the topics of an application's global tables, whole and then on, on a thread of its own until it is stopped.
/// While no broker answers it goes on trying; whatever else stands in the way is told once, and ends it.
final class GlobalReader implements Runnable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long AGAIN_MS = 1_000;
    /// Partitions that a topic gets later are found by then.
    private static final long LOOK_MS = 30_000;
    private static final Logger LOG = LoggerFactory.getLogger(GlobalReader.class);

    private final ConsumerConfig settings;
    private final Set<String> topics;
    private final GlobalMemory rows;
    private final java.util.function.Consumer<Throwable> failed;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final TreeMap<TopicPartition, Long> positions = new TreeMap<>();
    /// Of the topics that are read; all zeros when the cluster has no ids.
    private final TreeMap<String, UUID> ids = new TreeMap<>();
    /// What was there at the beginning.
    private final TreeMap<TopicPartition, Long> ends = new TreeMap<>();
    private final Thread thread;
    /// All that was there at the beginning is in the tables. Fails when the reading ends before.
    private final CompletableFuture<Void> whole = new CompletableFuture<>();
    private volatile boolean decidedIsRead;

    GlobalReader(ProcessorConfig config, String name, Set<String> topics, GlobalMemory rows,
            java.util.function.Consumer<Throwable> failed) {
        settings = ClientSettings.changelog(config, name);
        this.topics = topics;
        this.rows = rows;
        this.failed = failed;
        thread = Thread.ofVirtual().name(name).unstarted(this);
    }

    void start() {
        thread.start();
    }

    /// What was decided at the beginning is in the tables: the rest has to be waited for.
    boolean isDecidedRead() {
        return decidedIsRead;
    }

    /// Ends on this reader's thread.
    CompletableFuture<Void> whole() {
        return whole;
    }

    void stop() {
        stopping.countDown();
    }

    /// When it was stopped.
    ///
    /// @return whether the wait was interrupted
    boolean join(long atMostMs) {
        try {
            thread.join(atMostMs);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    @Override
    public void run() {
        try {
            do {
                try {
                    readOn();
                } catch (RetriableException | UnknownOutcomeException e) {
                    LOG.warn("{}: global tables cannot be read for now: {}", thread.getName(), e.getMessage());
                }
            } while (!isStoppingWithin(AGAIN_MS));
            whole.completeExceptionally(new RetriableException("Global tables are not read any more"));
        } catch (RuntimeException | Error e) {
            failed.accept(e instanceof ChaparException || e instanceof StateFullException ? e
                    : new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "Reading global tables failed: " + e, e));
            whole.completeExceptionally(new RetriableException("Global tables cannot be read"));
        }
    }

    private boolean isStoppingWithin(long ms) {
        try {
            return stopping.await(ms, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void readOn() {
        try (Consumer<byte[], byte[]> consumer = Consumer.open(settings, Serdes.bytes(), Serdes.bytes())) {
            long lookedNs = 0;
            while (!isStoppingWithin(0)) {
                if (lookedNs == 0 || System.nanoTime() - lookedNs > TimeUnit.MILLISECONDS.toNanos(LOOK_MS)) {
                    lookedNs = System.nanoTime();
                    look();
                    consumer.assign(positions.keySet());
                    positions.forEach(consumer::seek);
                }
                ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    if (record.key() != null) {
                        rows.put(record.topic(), record.key(), record.value());
                    }
                }
                if (moved(consumer, polled)) {
                    // It was made anew, perhaps.
                    lookedNs = 0;
                }
                if (!whole.isDone()) {
                    compare(polled.count() > 0 ? null : consumer);
                }
            }
        }
    }

    /// Whether some position went back.
    private boolean moved(Consumer<byte[], byte[]> consumer, ConsumerRecords<byte[], byte[]> polled) {
        TreeMap<TopicPartition, Long> now = new TreeMap<>();
        polled.nextOffsets().forEach((partition, next) -> now.put(partition, next.offset()));
        if (polled.isEmpty()) {
            positions.keySet().forEach(partition -> now.put(partition, consumer.position(partition)));
        }
        boolean back = now.entrySet().stream()
                .anyMatch(one -> one.getValue() < positions.getOrDefault(one.getKey(), 0L));
        positions.putAll(now);
        return back;
    }

    /// `idle` null: there may be more to read.
    private void compare(@Nullable Consumer<byte[], byte[]> idle) {
        if (isReadTo(ends)) {
            decidedIsRead = true;
            whole.complete(null);
        } else if (!decidedIsRead && idle != null && isReadTo(idle.endOffsets(ends.keySet()))) {
            decidedIsRead = true;
            LOG.info("{}: global tables are whole when transactions that are open in {} have ended",
                    thread.getName(), topics);
        }
    }

    private boolean isReadTo(Map<TopicPartition, Long> places) {
        return places.entrySet().stream()
                .allMatch(end -> positions.getOrDefault(end.getKey(), 0L) >= end.getValue());
    }

    /// The end is that of all that is written, as with changelogs: what is undecided there is waited for.
    private void look() {
        try (Admin admin = Admin.open(settings.client())) {
            for (Map.Entry<String, AdminResult<TopicView>> found : admin.describeTopics(topics).entrySet()) {
                if (found.getValue() instanceof AdminResult.Refused<TopicView> refused
                        && refused.error() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
                    throw new UsageException("Topic '" + found.getKey() + "' of a global table does not exist");
                }
                TopicView topic = found.getValue().get();
                beginAnewIfRemade(found.getKey(), topic.id());
                for (int partition = 0; partition < topic.partitions().size(); partition++) {
                    look(admin, new TopicPartition(found.getKey(), partition));
                }
            }
        }
    }

    /// A topic that was deleted and made again has none of the keys that the old one had.
    private void beginAnewIfRemade(String topic, UUID id) {
        UUID before = ids.put(topic, id);
        if (before != null && !before.equals(id)) {
            LOG.warn("{}: topic '{}' of a global table was made anew: the table begins with nothing, too",
                    thread.getName(), topic);
            positions.keySet().removeIf(partition -> partition.topic().equals(topic));
            ends.keySet().removeIf(partition -> partition.topic().equals(topic));
            rows.clear(topic);
        }
    }

    private void look(Admin admin, TopicPartition partition) {
        if (!positions.containsKey(partition)) {
            long start = offset(admin, partition, new OffsetSpec.Earliest());
            if (!whole.isDone()) {
                ends.put(partition, offset(admin, partition, new OffsetSpec.Latest()));
            }
            positions.put(partition, start);
        }
    }

    private static long offset(Admin admin, TopicPartition partition, OffsetSpec which) {
        return admin.listOffsets(Map.of(partition, which), false).values().iterator().next().get().offset();
    }
}
