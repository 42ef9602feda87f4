package io.chapar.broker;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Broker 1 has two partitions of one topic on its disk, and starts when the second belongs to broker 2 alone.
class OrphansTest {
    private static final UUID TOPIC = new UUID(7, 7);

    private final MemoryDisk disk = new MemoryDisk();

    private void write(UUID topic) throws IOException {
        for (int partition = 0; partition < 2; partition++) {
            PartitionLog log = PartitionLog.open(
                    new TopicPartition("t", partition), topic, LogConfig.defaults(), new DataFolder(disk));
            log.append(RecordBatch.at(new RecordBatchBuilder(Compression.NONE)
                    .append(1, null, ByteBuffer.wrap(new byte[10])).build(), 0));
            log.close(1);
        }
    }

    private List<String> left(boolean cut) throws IOException {
        ClusterImage image = ClusterImage.EMPTY.apply(List.of(new MetadataRecord.TopicCreated(TOPIC, "t", List.of(
                PartitionImage.born(List.of(1, 2)), PartitionImage.born(List.of(2))), new TreeMap<>())));
        Orphans.remove(disk, image, 1, cut, Set.of());
        return disk.list("").stream().filter(name -> name.startsWith("t-")).sorted().toList();
    }

    @Test
    void whatHasMovedToOtherBrokersIsDeleted() throws IOException {
        write(TOPIC);
        assertEquals(List.of("t-0"), left(false));
        // It may come back, and is expected to be empty then.
        assertEquals(0, PartitionLog.open(
                new TopicPartition("t", 1), TOPIC, LogConfig.defaults(), new DataFolder(disk)).logEnd());
    }

    @Test
    void whatCannotBeKnownToHaveMovedIsSetAside() throws IOException {
        write(new UUID(8, 8));
        assertEquals(List.of("t-0", "t-1.unexplained"), left(false));
    }

    /// A loss of power may have taken the name of its topic, or the whole folder.
    @Test
    void whatHasMovedMayComeBackWhateverIsLeftOfItsFolder() throws IOException {
        write(TOPIC);
        disk.delete("t-1/partition.metadata");
        disk.rename("t-1", "t-1.elsewhere");
        left(false);
        assertEquals(0, PartitionLog.open(
                new TopicPartition("t", 1), TOPIC, LogConfig.defaults(), new DataFolder(disk)).logEnd());
    }

    /// The power may go at every step, and the partition come back before the next start.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
    void whatHasMovedMayComeBackAfterALossOfPowerThatKeptAPartOfItsDeletion(int seed) throws IOException {
        write(TOPIC);
        for (int partition = 0; partition < 2; partition++) {
            disk.sync(disk.list("t-" + partition).stream().map(("t-" + partition + "/")::concat).toList());
        }
        disk.sync(disk.list("begun").stream().map("begun/"::concat).toList());
        disk.sync(List.of("t-0", "t-1", "begun"));
        left(false);
        disk.crash(Loss.TAILS, new Random(seed));
        new DataFolder(disk).removeDeleted();
        long end = PartitionLog.open(
                new TopicPartition("t", 1), TOPIC, LogConfig.defaults(), new DataFolder(disk)).logEnd();
        assertTrue(end == 0 || end == 1, "" + end);
    }

    @Test
    void whatIsHereAndIsMissingIsNotForgotten() throws IOException {
        write(TOPIC);
        disk.delete("t-0");
        left(false);
        assertThrows(IOException.class, () -> PartitionLog.open(
                new TopicPartition("t", 0), TOPIC, LogConfig.defaults(), new DataFolder(disk)));
    }

    @Test
    void whereTheEndOfTheMetadataIsMissingNothingIsDeleted() throws IOException {
        write(TOPIC);
        assertEquals(List.of("t-0", "t-1.unexplained"), left(true));
    }
}
