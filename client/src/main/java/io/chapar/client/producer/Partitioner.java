package io.chapar.client.producer;

import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Chooses partitions. A key always means the same partition while the topic keeps its size: the same one that Kafka's
/// Java client chooses. Without a key, records stay on one partition until a batch is full, then move to the next one
/// that has a leader; the first is drawn. On the loop only.
final class Partitioner {
    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private final RandomGenerator random;
    private final int batchSize;
    private final Map<String, Sticky> current = new HashMap<>();

    private static final class Sticky {
        int partition;
        long bytes;
    }

    Partitioner(RandomGenerator random, int batchSize) {
        this.random = random;
        this.batchSize = batchSize;
    }

    /// Of a key by its [#murmur2].
    static int ofHash(int keyHash, int partitions) {
        return (keyHash & Integer.MAX_VALUE) % partitions;
    }

    /// Where a keyless record of this size goes: on with the present partition, or to the next one when a batch's worth
    /// went there or its leader is gone.
    int keyless(TopicView topic, int bytes) {
        Sticky sticky = current.get(topic.name());
        if (sticky == null) {
            sticky = new Sticky();
            sticky.partition = random.nextInt(topic.partitionCount());
            current.put(topic.name(), sticky);
        }
        PartitionView view = topic.partition(sticky.partition);
        if (view == null || !view.hasLeader() || (sticky.bytes > 0 && sticky.bytes + bytes > batchSize)) {
            sticky.partition = next(topic, sticky.partition);
            sticky.bytes = 0;
        }
        sticky.bytes += bytes;
        return sticky.partition;
    }

    private static int next(TopicView topic, int from) {
        int count = topic.partitionCount();
        for (int step = 1; step <= count; step++) {
            int candidate = Math.floorMod(from + step, count);
            PartitionView view = topic.partition(candidate);
            if (view != null && view.hasLeader()) {
                return candidate;
            }
        }
        return Math.floorMod(from + 1, count);
    }

    /// MurmurHash2, 32 bits, little-endian, by Austin Appleby (public domain); the seed is the one that Kafka's clients
    /// share.
    static int murmur2(ByteBuffer data) {
        int at = data.position();
        int left = data.remaining();
        int hash = SEED ^ left;
        while (left >= 4) {
            int k = (data.get(at) & 0xff) | (data.get(at + 1) & 0xff) << 8 | (data.get(at + 2) & 0xff) << 16
                    | data.get(at + 3) << 24;
            k *= M;
            k ^= k >>> R;
            k *= M;
            hash = hash * M ^ k;
            at += 4;
            left -= 4;
        }
        if (left > 0) {
            int tail = 0;
            for (int i = left - 1; i >= 0; i--) {
                tail = tail << 8 | (data.get(at + i) & 0xff);
            }
            hash = (hash ^ tail) * M;
        }
        hash ^= hash >>> 13;
        hash *= M;
        return hash ^ hash >>> 15;
    }
}
