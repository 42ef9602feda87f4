package io.chapar.broker.log;

import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.producer.AbortedTxnIndex;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Index files that somebody damaged, or took away: readers find every record all the same.
final class IndexDamageScenarios {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);
    private static final int BATCHES = 24;
    /// Of the first batch of a file, the low byte of its attributes.
    private static final int TRANSACTIONAL_AT = 22;
    private static final int TRANSACTIONAL_BIT = 4;

    private final MemoryDisk disk = new MemoryDisk();

    private PartitionLog open(int segmentBytes) throws IOException {
        LogConfig config = LogConfig.builder().segmentBytes(segmentBytes).indexIntervalBytes(1).build();
        return PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 8));
    }

    /// Batches of three records each, in segments of about a dozen batches.
    private void fill(int segmentBytes, int valueBytes) throws IOException {
        fill(segmentBytes, valueBytes, 3, 1);
    }

    /// @param ofOneTime so many batches in a row are of one time
    private void fill(int segmentBytes, int valueBytes, int records, int ofOneTime) throws IOException {
        PartitionLog log = open(segmentBytes);
        for (int i = 0; i < BATCHES; i++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
            builder.baseOffset(log.logEnd()).partitionLeaderEpoch(0);
            for (int r = 0; r < records; r++) {
                builder.append(1000 + i / ofOneTime, null, ByteBuffer.allocate(valueBytes));
            }
            ByteBuffer bytes = builder.build();
            log.append(RecordBatch.at(bytes, bytes.position()));
        }
        log.close(log.logEnd());
    }

    private static void everyOffsetIsFound(PartitionLog log) throws IOException {
        for (long offset = 0; offset < log.logEnd(); offset++) {
            PartitionLog.Slice slice = log.slice(offset, log.logEnd(), 200, true);
            assertEquals(offset - offset % 3, slice.baseOffset());
            ByteBuffer bytes = slice.records().load();
            slice.records().release();
            long last = -1;
            for (RecordBatch batch : RecordBatches.of(bytes)) {
                last = batch.nextOffset();
            }
            assertEquals(slice.endOffset(), last);
        }
    }

    @Test
    void anyBitOfAnOffsetIndexMayBeWrong() throws IOException {
        fill(700, 5);
        List<String> indexes = disk.paths().stream().filter(path -> path.endsWith(".index")).toList();
        assertTrue(indexes.size() > 1, "of a sealed segment and of the active one");
        for (String path : List.of(indexes.getFirst(), indexes.getLast())) {
            int bytes = disk.content(path).length;
            assertTrue(bytes >= 8, path);
            for (int bit = 0; bit < bytes * 8; bit++) {
                disk.delete("t-0");
                disk.delete("begun");
                fill(700, 5);
                disk.flipBit(path, bit / 8, bit % 8);
                everyOffsetIsFound(open(700));
            }
        }
    }

    @Test
    void missingIndexesAreBuiltAnew() throws IOException {
        fill(120_000, 4000);
        List<String> indexes = disk.paths().stream().filter(path -> path.endsWith("index")).toList();
        for (String path : indexes) {
            disk.delete(path);
        }
        String active = disk.paths().stream().filter(path -> path.endsWith(".log")).toList().getLast();
        PartitionLog log = open(120_000);
        everyOffsetIsFound(log);
        log.close(log.logEnd());
        for (String path : indexes) {
            boolean sealed = !path.startsWith(active.substring(0, active.length() - ".log".length()));
            assertTrue(disk.size(path) > 0 || !sealed, path);
        }
    }

    /// One that a power cut tore might be believed, so that it takes its place when it is synced.
    @Test
    void anIndexThatIsBuiltAnewIsNeverThereInPart() throws IOException {
        for (int seed = 0; seed < 40; seed++) {
            boolean adopted = seed % 2 == 0;
            disk.delete("t-0");
            disk.delete("begun");
            fill(120_000, 4000);
            String path = disk.paths().stream().filter(each -> each.endsWith(".timeindex")).findFirst().orElseThrow();
            byte[] whole = disk.content(path);
            disk.delete(path);
            disk.open(path).close();
            disk.sync(List.of(path));
            PartitionLog log = open(120_000);
            everyTimeIsFound(log, "once more");
            assertEquals(0, disk.content(path).length, "not in its place yet");
            assertTrue(disk.content(path + ".new").length > 0);
            if (adopted) {
                ManualLoop loop = new ManualLoop();
                log.adoptIndexes(loop, failure -> assertNull(failure));
                loop.runAll();
                assertTrue(disk.content(path).length > 0);
                everyTimeIsFound(log, "as before");
            }
            disk.crash(Loss.TAILS, new Random(seed));
            int left = disk.content(path).length;
            assertTrue(left == 0 || (adopted && left == whole.length), left + " bytes with seed " + seed);
            everyTimeIsFound(open(120_000), "after the crash");
        }
    }

    /// There is no batch that an entry could be about.
    @Test
    void anEmptyIndexOfOneLargeBatchIsRight() throws IOException {
        PartitionLog log = open(1 << 20);
        ByteBuffer bytes = new RecordBatchBuilder(Compression.NONE).baseOffset(0).partitionLeaderEpoch(0)
                .append(1000, null, ByteBuffer.allocate(70_000)).build();
        log.append(RecordBatch.at(bytes, 0));
        log.close(log.logEnd());
        PartitionLog again = open(1 << 20);
        long operations = disk.operations();
        PartitionLog.Slice slice = again.slice(0, 1, 100, true);
        assertEquals(1, slice.endOffset());
        slice.records().release();
        assertEquals(operations, disk.operations(), "nothing is built anew");
    }

    /// The end of a sealed segment goes missing under a log that is open: what is whole is read, and nobody toils each
    /// time that somebody asks.
    @Test
    void aSegmentThatIsShortIsIndexedOnce() throws IOException {
        fill(120_000, 4000);
        String first = "t-0/00000000000000000000.log";
        PartitionLog log = open(120_000);
        disk.open(first).truncate(disk.content(first).length - 1);
        long missing = log.segments.higherKey(0L) - 3;
        for (int cache = 0; cache < 2; cache++) {
            long operations = Long.MAX_VALUE;
            for (int i = 0; i < 10; i++) {
                PartitionLog.Slice slice = log.slice(missing - 3, log.logEnd(), 200, true);
                assertEquals(missing - 3, slice.baseOffset());
                slice.records().release();
                assertThrows(IOException.class, () -> load(log, missing));
                if (i > 0 || cache > 0) {
                    assertTrue(disk.operations() <= operations, "built anew again");
                }
                operations = disk.operations();
            }
            log.segments.firstEntry().getValue().forgetFiles();
        }
        PartitionLog.Slice behind = log.slice(missing + 3, log.logEnd(), 200, true);
        assertEquals(missing + 3, behind.baseOffset());
        behind.records().release();
    }

    private static void load(PartitionLog log, long offset) throws IOException {
        PartitionLog.Slice slice = log.slice(offset, log.logEnd(), 200, true);
        try {
            slice.records().load();
        } finally {
            slice.records().release();
        }
    }

    private static void everyTimeIsFound(PartitionLog log, String what) throws IOException {
        for (int i = 0; i < BATCHES; i++) {
            assertEquals(3L * i, log.searchTime(1000 + i).atOnce().offset(), what);
        }
        assertEquals(1000 + BATCHES - 1, log.searchLargestTime().atOnce().timestamp(), what);
    }

    @Test
    void anyBitOfATimeIndexMayBeWrong() throws IOException {
        fill(700, 5);
        List<String> indexes = disk.paths().stream().filter(path -> path.endsWith(".timeindex")).toList();
        for (String path : List.of(indexes.getFirst(), indexes.getLast())) {
            int bytes = disk.content(path).length;
            for (int bit = 0; bit < bytes * 8; bit++) {
                disk.delete("t-0");
                disk.delete("begun");
                fill(700, 5);
                disk.flipBit(path, bit / 8, bit % 8);
                everyTimeIsFound(open(700), "bit " + bit + " of " + path);
            }
        }
    }

    /// Then it may name a later batch of the same time than the first.
    @Test
    void anyBitOfATimeIndexMayBeWrongWhereBatchesAreOfOneTime() throws IOException {
        fill(700, 5, 1, 4);
        List<String> indexes = disk.paths().stream().filter(path -> path.endsWith(".timeindex")).toList();
        for (String path : indexes) {
            int bytes = disk.content(path).length;
            for (int bit = 0; bit < bytes * 8; bit++) {
                disk.delete("t-0");
                disk.delete("begun");
                fill(700, 5, 1, 4);
                disk.flipBit(path, bit / 8, bit % 8);
                PartitionLog log = open(700);
                for (int i = 0; i < BATCHES / 4; i++) {
                    assertEquals(4L * i, log.searchTime(1000 + i).atOnce().offset(), "bit " + bit + " of " + path);
                }
            }
        }
    }

    /// Where the times grow, the last batches tell that the end of the index is missing.
    @Test
    void aTimeIndexMayHaveLostItsEnd() throws IOException {
        fill(700, 5);
        String path = disk.paths().stream().filter(each -> each.endsWith(".timeindex")).toList().getFirst();
        int bytes = disk.content(path).length;
        for (int left = 0; left < bytes; left++) {
            disk.delete("t-0");
            disk.delete("begun");
            fill(700, 5);
            disk.replace(path, ByteBuffer.wrap(disk.content(path), 0, left));
            everyTimeIsFound(open(700), left + " bytes of " + path);
        }
    }

    /// Of two aborted transactions, one of which began a segment before.
    private void fillTransactions() throws IOException {
        PartitionLog log = open(400);
        for (int i = 0; i < 6; i++) {
            long producerId = 7L + i % 2;
            if (i < 4) {
                RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE).transactional();
                builder.producer(producerId, (short) 0, i / 2).baseOffset(log.logEnd()).partitionLeaderEpoch(0);
                append(log, builder.append(1000, null, ByteBuffer.allocate(100)).build());
            } else {
                append(log, new EndTxnMarker(producerId, (short) 1, 0, false).build(log.logEnd(), 0, 1000));
            }
        }
        RecordBatchBuilder last = new RecordBatchBuilder(Compression.NONE).baseOffset(log.logEnd());
        append(log, last.partitionLeaderEpoch(0).append(1000, null, ByteBuffer.allocate(300)).build());
        log.close(log.logEnd());
    }

    private static void append(PartitionLog log, ByteBuffer bytes) throws IOException {
        log.append(RecordBatch.at(bytes, bytes.position()));
    }

    @Test
    void anyBitOfATransactionIndexMayBeWrong() throws IOException {
        fillTransactions();
        List<AbortedTxnIndex.Entry> expected = open(400).aborted(0, 100);
        assertEquals(List.of(0L, 1L), expected.stream().map(AbortedTxnIndex.Entry::firstOffset).toList());
        String path = disk.paths().stream().filter(each -> each.endsWith(".txnindex")).toList().getFirst();
        for (int bit = 0; bit < 2 * AbortedTxnIndex.ENTRY_BYTES * 8; bit++) {
            disk.delete("t-0");
            disk.delete("begun");
            fillTransactions();
            disk.flipBit(path, bit / 8, bit % 8);
            assertEquals(expected, open(400).aborted(0, 100), "bit " + bit);
            assertEquals(expected, open(400).aborted(0, 100), "bit " + bit + ", mended");
        }
    }

    /// Then what began in the segment before is in the batches there.
    @Test
    void theSnapshotAtASegmentsBeginningMayBeDamagedTogetherWithItsTransactionIndex() throws IOException {
        fillTransactions();
        List<AbortedTxnIndex.Entry> expected = open(400).aborted(0, 100);
        String path = disk.paths().stream().filter(each -> each.endsWith(".txnindex")).toList().getFirst();
        String snapshot = path.replace(".txnindex", ".snapshot");
        assertTrue(disk.paths().contains(snapshot));
        disk.flipBit(path, 12, 0);
        disk.flipBit(snapshot, 12, 0);
        assertEquals(expected, open(400).aborted(0, 100));
    }

    /// It would look like the beginning of a transaction that nobody ends.
    @Test
    void aSpoiltBatchDoesNotSpeakForItsProducer() throws IOException {
        PartitionLog log = open(4000);
        for (int sequence = 0; sequence < 3; sequence++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE).producer(7, (short) 0, sequence);
            builder.baseOffset(log.logEnd()).partitionLeaderEpoch(0);
            append(log, builder.append(1000, null, ByteBuffer.allocate(100)).build());
        }
        log.close(log.logEnd());
        disk.flipBit("t-0/00000000000000000000.log", TRANSACTIONAL_AT, TRANSACTIONAL_BIT);
        disk.flipBit("t-0/00000000000000000003.snapshot", 12, 0);
        PartitionLog found = open(4000);
        found.producers().highWatermarkAdvanced(3);
        assertEquals(0, found.scannedBytes());
        assertEquals(1, found.producers().size());
        assertFalse(found.producers().hasOpenTxn(7));
    }

    @Test
    void aTransactionIndexMayBeMissingOrEndEarly() throws IOException {
        fillTransactions();
        List<AbortedTxnIndex.Entry> expected = open(400).aborted(0, 100);
        String path = disk.paths().stream().filter(each -> each.endsWith(".txnindex")).toList().getFirst();
        for (int length = 0; length <= 2 * AbortedTxnIndex.ENTRY_BYTES; length++) {
            byte[] content = disk.content(path);
            disk.replace(path, ByteBuffer.wrap(content, 0, length));
            assertEquals(expected, open(400).aborted(0, 100), "cut to " + length);
            assertArrayEquals(content, disk.content(path), "mended");
        }
        disk.delete(path);
        assertEquals(expected, open(400).aborted(0, 100));
    }
}
