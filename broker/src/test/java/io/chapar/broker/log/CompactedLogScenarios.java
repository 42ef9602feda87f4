package io.chapar.broker.log;

import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.producer.CompletedTxn;
import io.chapar.broker.producer.ProducerSnapshot;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stories that random sequences with compaction have told once, each by itself.
final class CompactedLogScenarios {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);
    private static final String EPOCHS = "t-0/leader-epoch-checkpoint";

    private final MemoryDisk disk = new MemoryDisk();
    private final ManualLoop loop = new ManualLoop();
    private LogConfig config = LogConfig.builder().segmentBytes(200).compact(true).maxCompactionLagMs(10).build();
    private PartitionLog log;

    private void open() throws IOException {
        log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 4));
        log.producers().highWatermarkAdvanced(log.logEnd());
    }

    private static RecordBatchBuilder batch() {
        return new RecordBatchBuilder(Compression.NONE);
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private void append(RecordBatchBuilder builder, int epoch, String... keys) throws IOException {
        builder.baseOffset(log.logEnd()).partitionLeaderEpoch(epoch);
        long timestamp = 1000;
        for (String key : keys) {
            builder.append(timestamp--, bytes(key), bytes("value"));
        }
        ByteBuffer bytes = builder.build();
        log.append(RecordBatch.at(bytes, bytes.position()));
        log.producers().highWatermarkAdvanced(log.logEnd());
    }

    private void flush() throws IOException {
        log.flushLater(loop, log.logEnd(), failure -> {
            throw new AssertionError(failure);
        });
        loop.runAll();
    }

    private void compact(long nowMs) throws IOException {
        Compaction compaction = log.compact(nowMs, log.logEnd(), 1 << 14);
        compaction.runAll();
        assertNull(compaction.failure());
        assertTrue(compaction.removedBytes() > 0, "something was removed");
    }

    /// From batches that compaction has changed the epochs and the producers cannot be told as they were.
    @Test
    void aTornFileOfLeaderEpochsIsMended() throws IOException {
        open();
        append(batch().producer(7, (short) 0, 0), 0, "a", "b");
        append(batch(), 1, "a");
        append(batch(), 1, "c");
        append(batch(), 1, "d");
        flush();
        compact(0);
        byte[] producers = ProducerSnapshot.write(log.producers()).array();
        append(batch(), 2, "e");
        disk.replace(EPOCHS, ByteBuffer.wrap(disk.content(EPOCHS), 0, 5));
        for (int again = 0; again < 3; again++) {
            open();
            assertEquals(2, log.latestEpoch());
            assertEquals(2, log.endOfEpoch(0)[1]);
            assertEquals(5, log.endOfEpoch(1)[1]);
            assertArrayEquals(producers, ProducerSnapshot.write(log.producers()).array());
            append(batch(), 3 + again, "f");
            log.truncateTo(6);
            disk.replace(EPOCHS, ByteBuffer.wrap(disk.content(EPOCHS), 0, 5));
        }
    }

    @Test
    void anyBitOfTheFileOfLeaderEpochsMayBeWrong() throws IOException {
        open();
        append(batch(), 0, "a", "b");
        append(batch(), 1, "a");
        append(batch(), 4, "c");
        log.close(log.logEnd());
        byte[] written = disk.content(EPOCHS);
        assertEquals("0\n3\n0 0\n1 2\n4 3\n", new String(written, StandardCharsets.UTF_8));
        for (int bit = 0; bit < written.length * 8; bit++) {
            disk.flipBit(EPOCHS, bit / 8, bit % 8);
            open();
            assertEquals(4, log.latestEpoch(), "bit " + bit);
            assertEquals(2, log.endOfEpoch(0)[1], "bit " + bit);
            assertEquals(3, log.endOfEpoch(2)[1], "bit " + bit);
            log.producers().highWatermarkAdvanced(log.logEnd());
            append(batch(), 4, "d");
            assertArrayEquals(written, disk.content(EPOCHS), "mended, bit " + bit);
            log.truncateTo(4);
            log.close(4);
        }
    }

    /// What a segment that waited too long says of its producers is on the disk before the segment is compacted.
    @Test
    void aSegmentThatIsSealedForCompactionKeepsItsProducers() throws IOException {
        config = config.toBuilder().segmentBytes(1 << 20).build();
        open();
        append(batch().producer(7, (short) 0, 0), 0, "a", "b");
        append(batch(), 0, "a");
        flush();
        byte[] producers = ProducerSnapshot.write(log.producers()).array();
        log.rollIfOverdue(2000);
        flush();
        compact(2000);
        // The names of all files in the folder, so that the compacted segment stays.
        disk.sync(List.of("t-0/partition.metadata"));
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(3, log.logEnd());
        assertArrayEquals(producers, ProducerSnapshot.write(log.producers()).array());
    }

    /// The segment behind which the recovery point lies may have been left by the next one right there.
    @Test
    void indexFilesThatARecoveryCutStayCut() throws IOException {
        open();
        append(batch(), 0, "a", "b", "c");
        log.close(log.logEnd());
        String path = "t-0/00000000000000000000.txnindex";
        AbortedTxnIndex written = new AbortedTxnIndex();
        written.add(new CompletedTxn(7, 2, 3, true, 4));
        disk.replace(path, written.bytesFrom(0));
        disk.sync(List.of(path));
        open();
        assertEquals(List.of(), log.aborted(0, 10));
        append(batch(), 0, "a", "b", "c", "d");
        assertEquals(2, log.segmentCount());
        flush();
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(List.of(), log.aborted(0, 10));
    }
}
