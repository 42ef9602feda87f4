package io.chapar.broker.replica;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.AskedMetadata;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.BrokerRegistered;
import io.chapar.broker.metadata.MetadataRecord.PartitionsChanged;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// One partition that is led here, and followed by one other broker.
final class LedHere {
    static final int HERE = 1;
    static final int FOLLOWER = 2;
    static final UUID TOPIC = new UUID(1, 2);
    static final TopicPartition ID = new TopicPartition("t", 0);
    static final PartitionImage FOLLOWED = new PartitionImage(
            HERE, 3, 7, List.of(HERE, FOLLOWER), List.of(HERE, FOLLOWER), List.of());
    static final PartitionImage ALONE = new PartitionImage(
            HERE, 3, 8, List.of(HERE), List.of(HERE), List.of());

    final ManualLoop loop = new ManualLoop();
    private ClusterImage image;

    final AskedMetadata metadata = new AskedMetadata(() -> image);
    final ReplicaHost replicas =
            new ReplicaHost(HERE, 10, loop, 10_000, metadata, FollowStreams.NONE, new SendingRates());
    private final Shards shards;

    LedHere() {
        this(LogConfig.defaults(), FOLLOWED);
    }

    LedHere(LogConfig config, PartitionImage partition) {
        image = ClusterImage.EMPTY.apply(List.of(
                new BrokerRegistered(Registration.alone(FOLLOWER, new UUID(0, FOLLOWER), Collections.emptySortedMap())),
                new TopicCreated(TOPIC, "t", List.of(partition), Collections.emptySortedMap())));
        shards = new Shards(HERE, List.of(loop), new DataFolder(new MemoryDisk(), 8),
                () -> image, _ -> config, CompactionLimits.DEFAULTS, ProducerLimits.none(), List.of(replicas));
    }

    FollowStreams.Follower follower() {
        return new FollowStreams.Follower(
                FOLLOWER, requireNonNull(image.brokers().get(FOLLOWER), "it is registered").epoch(), 0);
    }

    Partition partition() {
        return requireNonNull(shards.of(ID).partition(ID), "it is here");
    }

    /// One record.
    void append() {
        assertInstanceOf(AppendOutcome.Appended.class, partition().appendFromClient(
                new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(50)).build(),
                new ClientAppend((short) 12, (short) 1, null), 1));
    }

    void becomes(PartitionImage now) {
        image = image.apply(List.of(new PartitionsChanged(TOPIC, new TreeMap<>(Map.of(0, now)))));
        replicas.follow(image);
    }
}
