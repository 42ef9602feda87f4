package io.chapar.client.producer;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// The queues of all partitions. Active are exactly those that have something to deliver, in the order in which it is
/// their turn: one that has had it goes to the end, so that none starves. A queue is kept when it is empty, since its
/// sequence goes on. On the loop only.
final class PartitionQueues {
    private final ProducerConfig config;
    private final BooleanSupplier firstIsChecked;
    private final Map<TopicPartition, PartitionQueue> queues = new LinkedHashMap<>();
    /// The same by topic and number, for each record's way; null where none is yet. Looked up, never iterated.
    private final Map<String, @Nullable PartitionQueue[]> byTopic = new HashMap<>();
    private final LinkedHashSet<PartitionQueue> active = new LinkedHashSet<>();
    private int firstSequence;

    /// `firstIsChecked`: see [PartitionQueue].
    PartitionQueues(ProducerConfig config, BooleanSupplier firstIsChecked) {
        this.config = config;
        this.firstIsChecked = firstIsChecked;
    }

    /// Each partition begins with this sequence, as if that many records had been written to it before.
    void beginWith(int sequence) {
        firstSequence = sequence;
    }

    PartitionQueue of(TopicPartition partition) {
        return queues.computeIfAbsent(partition,
                p -> new PartitionQueue(p, config, firstIsChecked, firstSequence));
    }

    private PartitionQueue of(String topic, int partition) {
        @Nullable PartitionQueue[] known = byTopic.get(topic);
        if (known == null || known.length <= partition) {
            known = known == null ? new PartitionQueue[partition + 1]
                    : Arrays.copyOf(known, Math.max(partition + 1, 2 * known.length));
            byTopic.put(topic, known);
        }
        PartitionQueue queue = known[partition];
        if (queue == null) {
            queue = of(new TopicPartition(topic, partition));
            known[partition] = queue;
        }
        return queue;
    }

    void add(String topic, int partition, PendingRecord record) {
        PartitionQueue queue = of(topic, partition);
        boolean isActive = !queue.isEmpty();
        queue.add(record);
        if (!isActive) {
            active.add(queue);
        }
    }

    /// Something was taken out of the queue.
    void taken(PartitionQueue queue) {
        if (queue.isEmpty()) {
            active.remove(queue);
        }
    }

    /// The queue has had its turn.
    void next(PartitionQueue queue) {
        active.remove(queue);
        active.add(queue);
    }

    /// As they are now: what is done to one may end its activity, or another's.
    List<PartitionQueue> active() {
        return List.copyOf(active);
    }

    boolean isEmpty() {
        return active.isEmpty();
    }

    boolean hasSent() {
        return active.stream().anyMatch(PartitionQueue::hasSent);
    }

    boolean isActive(String topic) {
        return active.stream().anyMatch(queue -> queue.partition().topic().equals(topic));
    }

    /// When the oldest batch that somebody waits for was begun, [Long#MAX_VALUE] when there is none.
    long oldestMs() {
        long oldest = Long.MAX_VALUE;
        for (PartitionQueue queue : active) {
            oldest = Math.min(oldest, queue.oldestMs());
        }
        return oldest;
    }

    /// When time alone changes what may be sent or what is overdue.
    long nextTimeMs(long lingerMs, long nowMs) {
        long next = Long.MAX_VALUE;
        for (PartitionQueue queue : active) {
            next = Math.min(next, queue.oldestMs() + config.deliveryTimeoutMs());
            long queueMs = queue.nextTimeMs(lingerMs);
            if (queueMs > nowMs) {
                next = Math.min(next, queueMs);
            }
        }
        return next;
    }
}
