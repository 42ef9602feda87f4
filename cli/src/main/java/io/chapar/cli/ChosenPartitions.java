package io.chapar.cli;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.CRC32;

/// Where records go, by the name of a rule.
enum ChosenPartitions {
    /// By the key's murmur2 hash, without a key some at a time to one: as Kafka's Java client.
    murmur2,
    /// By the key's CRC-32, as librdkafka and what is built on it do by default; without a key anywhere.
    crc32,
    /// One after the other, whatever the key.
    roundrobin,
    /// Anywhere, whatever the key.
    random;

    /// @param partitions of the topic
    LineRecords.Partitions over(int partitions) {
        int[] next = {0};
        return key -> switch (this) {
            case murmur2 -> null;
            case crc32 -> key == null ? anywhere(partitions) : hash(key, partitions);
            case roundrobin -> next[0]++ % partitions;
            case random -> anywhere(partitions);
        };
    }

    private static @Nullable Integer anywhere(int partitions) {
        return ThreadLocalRandom.current().nextInt(partitions);
    }

    private static Integer hash(byte[] key, int partitions) {
        CRC32 crc = new CRC32();
        crc.update(key);
        return (int) (crc.getValue() % partitions);
    }
}
