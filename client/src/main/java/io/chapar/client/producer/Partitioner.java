package io.chapar.client.producer;

import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Chooses partitions. A key always means the same partition while the topic keeps its size: the same one that Kafka's Java
/// client chooses. Without a key, records stay on one partition until a batch is full, then move to the next one that has a
/// leader; the first is drawn. On the loop only.
final class Partitioner {
    private static final int SEED = 0x9747b28c;
    private static final int M = 0x5bd1e995;
    private static final int R = 24;

    private final RandomGenerator random;
    private final Map<String, Integer> current = new HashMap<>();

    Partitioner(RandomGenerator random) {
        this.random = random;
    }

    static int ofKey(ByteBuffer key, int partitions) {
        return (murmur2(key) & Integer.MAX_VALUE) % partitions;
    }

    /// The partition that keyless records of this topic go to at present.
    int sticky(TopicView topic) {
        int chosen = current.computeIfAbsent(topic.name(), name -> random.nextInt(topic.partitionCount()));
        PartitionView view = topic.partition(chosen);
        return view != null && view.hasLeader() ? chosen : next(topic);
    }

    /// Moves keyless records of this topic on: its batch is full, or its leader is gone.
    int next(TopicView topic) {
        int count = topic.partitionCount();
        int from = current.getOrDefault(topic.name(), 0);
        int chosen = Math.floorMod(from + 1, count);
        for (int step = 1; step <= count; step++) {
            int candidate = Math.floorMod(from + step, count);
            if (topic.partition(candidate).hasLeader()) {
                chosen = candidate;
                break;
            }
        }
        current.put(topic.name(), chosen);
        return chosen;
    }

    /// MurmurHash2, 32 bits, little-endian, by Austin Appleby (public domain); the seed is the one that Kafka's clients share.
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
