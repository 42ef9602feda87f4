package io.chapar.broker.handler;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.TopicCreated;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.partition.LongLook;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/// Appends whose batches are looked at beside the loop, and what happens meanwhile.
final class LongLooksTest {
    private static final short VERSION = 12;
    private static final int LARGE = 3 << 20;
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final ClusterImage WITH_TOPIC = ClusterImage.EMPTY.apply(
            List.of(new TopicCreated(new UUID(1, 2), "t", List.of(PartitionImage.born(List.of(1))),
                        Collections.emptySortedMap())));

    private final ManualLoop loop = new ManualLoop();
    private final Shards shards = new Shards(List.of(loop), new DataFolder(new MemoryDisk()), () -> WITH_TOPIC,
            _ -> LogConfig.builder().compact(true).build());
    private final Shard shard = shards.of(ID);
    private final LongLooks looks = new LongLooks(shards);
    private final List<String> appended = new ArrayList<>();

    private void append(String name, int bytes) {
        RecordBatch batch = RecordBatch.at(new RecordBatchBuilder(Compression.GZIP)
                .append(loop.nowMs(), ByteBuffer.allocate(1), ByteBuffer.allocate(bytes)).build(), 0);
        looks.append(shard, "connection", ID, new LongLooks.Append() {
            @Override
            public @Nullable LongLook beginOrLook() {
                Partition partition = shard.partition(ID);
                assertNotNull(partition);
                LongLook look = partition.look(batch, VERSION, loop.nowMs());
                assertNotNull(look);
                if (look.isFinished()) {
                    end(look);
                    return null;
                }
                return look;
            }

            @Override
            public void end(LongLook finished) {
                appended.add(name);
            }
        });
    }

    @Test
    void whatComesBehindALookKeepsItsPlace() {
        append("large", LARGE);
        append("small", 1);
        assertEquals(List.of(), appended);
        loop.runAll();
        assertEquals(List.of("large", "small"), appended);
        append("smaller", 0);
        assertEquals(List.of("large", "small", "smaller"), appended);
    }

    /// Its followers need not have it when another one begins to lead.
    @Test
    void whatWasLookedAtWaitsWhereThePartitionIsHandedOver() {
        append("large", LARGE);
        append("small", 1);
        shard.held().hold(1_000);
        append("held", 1);
        loop.runAll();
        assertEquals(List.of(), appended);
        shard.held().release();
        loop.runAll();
        assertEquals(List.of("large", "small", "held"), appended);
    }
}
