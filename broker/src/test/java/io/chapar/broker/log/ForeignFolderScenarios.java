package io.chapar.broker.log;

import io.chapar.broker.log.disk.DiskFile;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.producer.ProducerTable;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

/// A folder that Kafka's compaction has left: holes between segments, and no checkpoint.
final class ForeignFolderScenarios {
    private static final String FOLDER = "t-0";

    private final MemoryDisk disk = new MemoryDisk();

    private void segment(long base, long... offsets) throws IOException {
        disk.createFolder(FOLDER);
        try (DiskFile file = disk.open(PartitionFiles.segmentFile(FOLDER, base, PartitionFiles.LOG))) {
            for (long offset : offsets) {
                ByteBuffer key = ByteBuffer.allocate(8).putLong(offset).flip();
                file.write(new RecordBatchBuilder(Compression.NONE).baseOffset(offset).partitionLeaderEpoch(0)
                        .append(1000, key, key).build(), file.size());
            }
        }
    }

    private PartitionLog open(boolean compact) throws IOException {
        return PartitionLog.open(new TopicPartition("t", 0), new UUID(1, 2),
                LogConfig.builder().compact(compact).build(), new DataFolder(disk));
    }

    @Test
    void holesBetweenSegmentsAreKept() throws IOException {
        segment(0, 2, 5);
        segment(20, 21, 23);
        segment(30, 30);
        PartitionLog log = open(true);
        assertEquals(31, log.logEnd());
        assertEquals(3, log.segmentCount());
        for (long offset : new long[] {0, 5, 6, 19, 21, 22, 24, 30}) {
            PartitionLog.Slice slice = log.slice(offset, 31, 1 << 20, true);
            assertNotNull(slice, "from " + offset);
            slice.records().release();
        }
        log.close(31);
        assertEquals(31, open(true).logEnd());
    }

    @Test
    void aHoleInALogOfChaparsIsAMissingEnd() throws IOException {
        segment(0, 0, 1);
        segment(20, 21);
        disk.replace(PartitionFiles.segmentFile(FOLDER, 20, PartitionFiles.SNAPSHOT),
                ProducerSnapshot.write(new ProducerTable()));
        assertEquals(2, open(true).logEnd());
    }

    @Test
    void aHoleInALogThatIsNotCompactedIsAMissingEnd() throws IOException {
        segment(0, 0, 1);
        segment(20, 21);
        assertEquals(2, open(false).logEnd());
    }
}
