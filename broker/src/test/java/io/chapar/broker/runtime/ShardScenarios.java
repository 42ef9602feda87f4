package io.chapar.broker.runtime;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.MetadataRecord.TopicDeleted;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Partitions of a loop that has not followed the latest changes of the cluster yet.
final class ShardScenarios {
    private static final TopicPartition T0 = new TopicPartition("t", 0);
    private static final UUID OLD = new UUID(1, 1);
    private static final UUID NEW = new UUID(2, 2);

    private final AtomicReference<ClusterImage> image = new AtomicReference<>(
            ClusterImage.EMPTY.apply(List.of(new TopicCreated(OLD, "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap()))));
    private final ManualLoop loop = new ManualLoop();
    private final MemoryDisk disk = new MemoryDisk();
    private final Shard shard = new Shards(
            List.of(loop), new DataFolder(disk), image::get, _ -> LogConfig.defaults()).all().getFirst();

    @Test
    void anOlderTopicsPartitionIsNotGivenForItsNamesake() {
        assertEquals(OLD, shard.partition(T0).topicId());
        ClusterImage before = image.get();
        ClusterImage after = before.apply(List.of(
                new TopicDeleted(OLD), new TopicCreated(NEW, "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap())));
        image.set(after);
        assertNull(shard.partition(T0), "what is written there would be deleted in a moment");
        shard.follow(after, new ClusterDelta(List.of(
                new TopicChange(before.topic(OLD), null), new TopicChange(null, after.topic(NEW)))));
        assertEquals(NEW, shard.partition(T0).topicId());
    }

    @Test
    void aDeletedTopicHasNoPartitionsFromThatMomentOn() {
        shard.partition(T0);
        image.set(image.get().apply(List.of(new TopicDeleted(OLD))));
        assertNull(shard.partition(T0));
    }

    @Test
    void changesElsewhereLeaveAPartitionAsItIs() {
        var partition = shard.partition(T0);
        image.set(image.get().apply(List.of(new TopicCreated(NEW, "u", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap()))));
        assertSame(partition, shard.partition(T0));
    }

    /// Nobody knows what is in it: it may take long to find out.
    @Test
    void aFolderThatIsThereAlreadyIsOpenedAwayFromTheLoop() throws IOException {
        disk.createFolder("t-0");
        disk.open("t-0/00000000000000000007.log").close();
        List<String> waited = new ArrayList<>();
        disk.forbidBlocking(() -> true, waited::add);
        var partition = shard.partition(T0);
        assertEquals(List.of(), waited);
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, partition.refusal());
        assertTrue(partition.offlineReason().contains("is being opened"), partition.offlineReason());
        loop.runAll();
        assertEquals(List.of(), waited);
        assertEquals(ErrorCode.NONE, partition.refusal());
        assertSame(partition, shard.partition(T0));
        assertEquals(7, partition.logEndOffset());
    }
}
