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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// A follower that holds up what is led here, and what ends that.
class SlowFollowerScenarios {
    private static final int HERE = 1;
    private static final int SLOW = 2;
    private static final UUID TOPIC = new UUID(1, 2);
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final PartitionImage FOLLOWED = new PartitionImage(
            HERE, 3, 7, List.of(HERE, SLOW), List.of(HERE, SLOW), List.of());
    private static final PartitionImage ALONE = new PartitionImage(
            HERE, 3, 8, List.of(HERE), List.of(HERE), List.of());

    private final ManualLoop loop = new ManualLoop();
    private ClusterImage image = ClusterImage.EMPTY.apply(List.of(
            new BrokerRegistered(Registration.alone(SLOW, new UUID(0, SLOW), Collections.emptySortedMap())),
            new TopicCreated(TOPIC, "t", List.of(FOLLOWED), Collections.emptySortedMap())));

    private final AskedMetadata metadata = new AskedMetadata(() -> image);
    private final ReplicaHost replicas =
            new ReplicaHost(HERE, 10, loop, 10_000, metadata, FollowStreams.NONE, new SendingRates());
    private final Shards shards = new Shards(HERE, List.of(loop), new DataFolder(new MemoryDisk(), 8),
            () -> image, _ -> LogConfig.defaults(), CompactionLimits.DEFAULTS, ProducerLimits.none(),
            List.of(replicas));

    @AfterEach
    void nothingIsAskedOfTheCluster() {
        assertEquals(List.of(), metadata.asked());
    }

    private void records(int count, long withinMs) {
        Partition partition = requireNonNull(shards.of(ID).partition(ID), "it is here");
        FollowStreams.Follower follower = new FollowStreams.Follower(
                SLOW, requireNonNull(image.brokers().get(SLOW), "it is registered").epoch(), 0);
        for (int i = 0; i < count; i++) {
            assertInstanceOf(AppendOutcome.Appended.class, partition.appendFromClient(
                    new RecordBatchBuilder(Compression.NONE).append(1, null, ByteBuffer.allocate(50)).build(),
                    new ClientAppend((short) 12, (short) 1, null), 1));
            loop.advance(withinMs);
            replicas.acknowledged(follower, ID, partition.logEndOffset(), 0);
            loop.advance(SlowFollowersCore.PAUSE_MS);
        }
    }

    private void becomes(PartitionImage now) {
        image = image.apply(List.of(new PartitionsChanged(TOPIC, new TreeMap<>(Map.of(0, now)))));
        replicas.follow(image);
    }

    @Test
    void oneThatFollowsNothingAnyMoreHoldsUpNobody() {
        records(SlowFollowersCore.LEAST, SlowFollowersCore.BEHIND_MS + 1);
        assertEquals(Set.of(SLOW), replicas.slow());
        becomes(FOLLOWED);
        assertEquals(Set.of(SLOW), replicas.slow());
        becomes(ALONE);
        assertEquals(Set.of(), replicas.slow());
    }
}
