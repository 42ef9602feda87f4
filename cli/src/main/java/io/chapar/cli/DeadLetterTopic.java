package io.chapar.cli;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Reads a dead letter topic from its beginning to the end that it had when this was opened, as often as asked.
final class DeadLetterTopic implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long PATIENCE_NS = Duration.ofMinutes(1).toNanos();
    private static final int FETCH_WAIT_MS = 100;

    private final Consumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Long> starts = new TreeMap<>();
    private final Map<TopicPartition, Long> ends;

    interface Each {
        /// False: that is enough.
        boolean accept(ConsumerRecord<byte[], byte[]> record);
    }

    private DeadLetterTopic(Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions,
            @Nullable Map<TopicPartition, Long> ends) {
        this.consumer = consumer;
        consumer.assign(partitions);
        starts.putAll(consumer.beginningOffsets(partitions));
        this.ends = ends == null ? new TreeMap<>(consumer.endOffsets(partitions)) : ends;
    }

    /// Of committed records. All partitions have to be there: a mark that cannot be read would be overlooked.
    static DeadLetterTopic open(Cluster cluster, String bootstrap, String topic) {
        return open(cluster, bootstrap, partitions(cluster, topic));
    }

    static DeadLetterTopic open(Cluster cluster, String bootstrap, List<TopicPartition> partitions) {
        return open(cluster, bootstrap, partitions, null);
    }

    /// To the end of all that is written: open transactions are waited for, since marks may be behind their records.
    static DeadLetterTopic openWhole(Cluster cluster, String bootstrap, String topic) {
        List<TopicPartition> partitions = partitions(cluster, topic);
        Map<TopicPartition, Long> ends = new TreeMap<>();
        cluster.offsets(partitions, new OffsetSpec.Latest(), false).forEach((partition, end) ->
                ends.put(partition, end.offset()));
        if (ends.size() < partitions.size()) {
            throw new CommandFailure("It is not known how far " + topic + " goes: not every partition answers");
        }
        return open(cluster, bootstrap, partitions, ends);
    }

    private static List<TopicPartition> partitions(Cluster cluster, String topic) {
        return cluster.topic(topic).partitions().stream().map(one -> new TopicPartition(topic, one.partition()))
                .toList();
    }

    private static DeadLetterTopic open(Cluster cluster, String bootstrap, List<TopicPartition> partitions,
            @Nullable Map<TopicPartition, Long> ends) {
        Map<TopicPartition, String> offline = cluster.whyOffline(partitions);
        if (!offline.isEmpty()) {
            throw new CommandFailure(String.join("; ", offline.values()));
        }
        Consumer<byte[], byte[]> consumer = Consumer.open(ConsumerConfig.from(Map.of(
                KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrap,
                KafkaConfigNames.CLIENT_ID, "chapar-dlq",
                KafkaConfigNames.ISOLATION_LEVEL, "read_committed",
                KafkaConfigNames.AUTO_OFFSET_RESET, "earliest",
                KafkaConfigNames.ALLOW_AUTO_CREATE_TOPICS, false,
                KafkaConfigNames.FETCH_MAX_WAIT_MS, FETCH_WAIT_MS)), Serdes.bytes(), Serdes.bytes());
        try {
            return new DeadLetterTopic(consumer, partitions, ends);
        } catch (RuntimeException e) {
            consumer.close();
            throw e;
        }
    }

    ReplayMarks marks() {
        ReplayMarks marks = new ReplayMarks();
        forEach(record -> {
            marks.read(record);
            return true;
        });
        return marks;
    }

    void forEach(Each each) {
        starts.forEach(consumer::seek);
        readOn(ends, each);
    }

    /// Of each of the partitions what lies at most `to` offsets before its end, and more than `from`.
    void forEachBeforeEnd(Collection<TopicPartition> partitions, long from, long to, Each each) {
        Map<TopicPartition, Long> until = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            consumer.seek(partition, Math.max(start(partition), end(partition) - to));
            until.put(partition, Math.max(start(partition), end(partition) - from));
        }
        consumer.pause(ends.keySet().stream().filter(one -> !until.containsKey(one)).toList());
        readOn(until, each);
    }

    /// Whether nothing lies more than so many offsets before its end.
    boolean isWithin(TopicPartition partition, long offsets) {
        return end(partition) - start(partition) <= offsets;
    }

    private long start(TopicPartition partition) {
        return starts.getOrDefault(partition, 0L);
    }

    private long end(TopicPartition partition) {
        return ends.getOrDefault(partition, 0L);
    }

    private void readOn(Map<TopicPartition, Long> until, Each each) {
        consumer.resume(until.keySet());
        Map<TopicPartition, Long> left = new TreeMap<>(until);
        long movedNs = System.nanoTime();
        while (true) {
            int before = left.size();
            left.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            if (left.isEmpty()) {
                return;
            }
            if (left.size() < before) {
                consumer.pause(until.keySet().stream().filter(one -> !left.containsKey(one)).toList());
            }
            long nowNs = System.nanoTime();
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                movedNs = nowNs;
                if (record.offset() < until.getOrDefault(record.topicPartition(), 0L) && !each.accept(record)) {
                    return;
                }
            }
            if (nowNs - movedNs > PATIENCE_NS) {
                throw new CommandFailure("Nothing has come of " + left.keySet() + " for a minute; if a"
                        + " transaction is open there ('chapar txn list'), the command goes on when it has ended");
            }
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
