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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Stories that random sequences have told once, each by itself.
final class PartitionLogScenarios {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);
    private static final long HOUR = 3600_000;

    private final MemoryDisk disk = new MemoryDisk();
    private final ManualLoop loop = new ManualLoop();
    private LogConfig config = LogConfig.builder().segmentBytes(400).retentionMs(HOUR).build();
    private PartitionLog log;

    private void open() throws IOException {
        log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 4));
    }

    private void append(long baseOffset, int records, long timestamp) throws IOException {
        append(new RecordBatchBuilder(Compression.NONE), baseOffset, records, timestamp);
    }

    private void append(RecordBatchBuilder builder, long baseOffset, int records, long timestamp) throws IOException {
        builder.baseOffset(baseOffset).partitionLeaderEpoch(0);
        for (int i = 0; i < records; i++) {
            builder.append(timestamp, null, ByteBuffer.allocate(100));
        }
        ByteBuffer bytes = builder.build();
        log.append(RecordBatch.at(bytes, bytes.position()));
    }

    private List<Long> read(long from, int maxBytes) throws IOException {
        List<Long> bases = new ArrayList<>();
        PartitionLog.Slice slice = log.slice(from, log.logEnd(), maxBytes, true);
        RecordBatches.of(slice.records().load()).forEach(batch -> bases.add(batch.baseOffset()));
        slice.records().release();
        return bases;
    }

    private void flush() throws IOException {
        log.flushLater(loop, log.logEnd(), failure -> {
            throw new AssertionError(failure);
        });
        loop.runAll();
    }

    @Test
    void retentionByTimeTakesNoYoungSegmentWithTheOldOnes() throws IOException {
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        append(2, 1, 2 * HOUR);
        append(3, 1, 2 * HOUR);
        append(4, 1, 2 * HOUR);
        assertEquals(3, log.segmentCount());
        log.retain(2 * HOUR, log.logEnd(), loop, failure -> assertNull(failure));
        loop.runAll();
        assertEquals(2, log.logStart());
    }

    @Test
    void aReadInAHoleBeginsBehindIt() throws IOException {
        open();
        append(0, 1, 0);
        append(5, 1, 0);
        assertEquals(List.of(5L), read(1, 1));
        assertEquals(List.of(5L), read(4, 1));
    }

    /// Retention was under way when the follower heard where to cut.
    @Test
    void aCutThatWaitsForAStartThatMovesGoesNoFurtherThanThat() throws IOException {
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        append(2, 1, 0);
        List<IOException> ended = new ArrayList<>();
        log.advanceLogStart(2, 3, loop, ended::add);
        log.truncateLater(1, loop, ended::add);
        loop.runAll();
        assertEquals(Arrays.asList(null, null), ended);
        assertEquals(2, log.logStart());
        assertEquals(2, log.logEnd());
        append(2, 1, 0);
        open();
        assertEquals(2, log.logStart());
        assertEquals(3, log.logEnd());
    }

    @Test
    void theLargestTimestampIsSoughtBehindTheLogStart() throws IOException {
        open();
        append(0, 1, 900);
        append(1, 1, 300);
        append(2, 1, 500);
        Driven.advanceLogStart(log, loop, 1, 3);
        assertEquals(new TimeSearch.Hit(2, 500, 0), log.searchLargestTime().atOnce());
    }

    /// Nobody is told anew of a high watermark that has not moved.
    @Test
    void whatWasDecidedBelowACutStaysDecided() throws IOException {
        config = config.toBuilder().segmentBytes(1 << 20).build();
        open();
        append(new RecordBatchBuilder(Compression.NONE).producer(7, (short) 0, 0).transactional(), 0, 1, 0);
        ByteBuffer marker = new EndTxnMarker(7, (short) 1, 0, true).build(1, 0, 0);
        log.append(RecordBatch.at(marker, marker.position()));
        log.producers().highWatermarkAdvanced(2);
        append(2, 1, 0);
        log.truncateTo(2);
        assertEquals(Long.MAX_VALUE, log.producers().firstUnstableOffset());
        log.truncateTo(1);
        assertEquals(0, log.producers().firstUnstableOffset());
    }

    @Test
    void aCutBelowTheLogStartTakesTheLogStartAlong() throws IOException {
        open();
        append(0, 2, 0);
        append(2, 1, 0);
        Driven.advanceLogStart(log, loop, 1, 3);
        log.truncateTo(1);
        assertEquals(0, log.logEnd());
        assertEquals(0, log.logStart());
        append(0, 2, 0);
        open();
        assertEquals(0, log.logStart());
    }

    @Test
    void aClosedLogKeepsItsStartThroughALossOfPower() throws IOException {
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        flush();
        Driven.advanceLogStart(log, loop, 1, 2);
        log.close(2);
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(1, log.logStart());
    }

    /// A DeleteRecords that names one partition again and again.
    @Test
    void aLogStartIsMovedByThousandsAtOnce() throws IOException {
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        int many = 40_000;
        List<IOException> ended = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            log.advanceLogStart(1, 2, loop, ended::add);
        }
        loop.runAll();
        assertEquals(Collections.nCopies(many, null), ended);
        assertEquals(1, log.logStart());
    }

    @Test
    void aTruncationWaitsForTheSyncThatIsUnderWay() throws IOException {
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        log.flushLater(loop, 2, failure -> {
            throw new AssertionError(failure);
        });
        Driven.truncate(log, loop, 1);
        assertEquals(1, log.logEnd());
        assertTrue(log.recoveryPoint() <= 1, "what was synced is not there any more");
        append(1, 1, 0);
        append(2, 1, 0);
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(1, log.logEnd());
    }

    @Test
    void whatMovesTheStartWaitsForTheSyncThatIsUnderWay() throws IOException {
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        List<String> order = new ArrayList<>();
        log.flushLater(loop, 2, failure -> assertNull(failure));
        log.advanceLogStart(1, 2, loop, failure -> order.add("to 1 at " + log.recoveryPoint()));
        log.advanceLogStart(2, 2, loop, failure -> order.add("to 2 at " + log.logStart()));
        assertFalse(log.syncLater(true, loop, 2, failure -> order.add("never")));
        assertEquals(0, log.logStart());
        loop.runAll();
        assertEquals(List.of("to 1 at 2", "to 2 at 2"), order);
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(2, log.logStart());
        assertEquals(2, log.logEnd());
    }

    /// Wherever the power goes while the start moves, it goes back neither to before what was deleted, nor to before
    /// what a reader was shown.
    @Test
    void aStartThatMovesTakesNothingBack() throws IOException {
        config = LogConfig.builder().build();
        for (int seed = 0; seed < 8; seed++) {
            for (long stop = 1, most = 2; stop < most; stop++) {
                MemoryDisk each = new MemoryDisk();
                log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
                append(0, 1, 0);
                append(1, 1, 0);
                append(2, 1, 0);
                log.close(3);
                log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
                Driven.advanceLogStart(log, loop, 1, 3);
                each.faults().stopAtOperation(each.operations() + stop);
                try {
                    Driven.advanceLogStart(log, loop, 2, 3);
                } catch (IOException e) {
                    most = stop + 2;
                }
                long shown = log.logStart();
                each.crash(Loss.TAILS, new Random(seed));
                log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
                long start = log.logStart();
                assertTrue(start >= shown && (start == 1 || start == 2),
                        start + " when stopped at " + stop + ", seed " + seed);
                assertEquals(3, log.logEnd());
            }
        }
    }

    @Test
    void whoWaitsForALogThatIsGivenUpIsToldSo() throws IOException {
        open();
        append(0, 1, 0);
        List<IOException> told = new ArrayList<>();
        log.flushLater(loop, 1, failure -> assertNull(failure));
        log.advanceLogStart(1, 1, loop, told::add);
        log.abandon();
        loop.runAll();
        assertEquals(1, told.size());
        assertNotNull(told.getFirst());
    }

    @Test
    void producersOutliveTheSegmentsTheyWroteIn() throws IOException {
        open();
        append(new RecordBatchBuilder(Compression.NONE).producer(7, (short) 1, 0), 0, 1, 0);
        flush();
        Driven.advanceLogStart(log, loop, 1, 1);
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(1, log.logEnd());
        assertEquals(1, log.producers().size());
    }

    @Test
    void aCheckpointThatAPowerCutTearsIsTheOneBefore() throws IOException {
        config = LogConfig.builder().build();
        open();
        append(0, 1, 0);
        append(1, 1, 0);
        Driven.advanceLogStart(log, loop, 1, 2);
        log.close(2);
        for (long seed = 0; seed < 50; seed++) {
            open();
            append(log.logEnd(), 1, 0);
            flush();
            disk.crash(seed % 2 == 0 ? Loss.TAILS : Loss.SECTORS, new Random(seed));
            open();
            assertEquals(1, log.logStart(), "seed " + seed);
            assertNotNull(log.slice(1, log.logEnd(), 1, true));
        }
    }

    @Test
    void aTornTopicIdDoesNotGiveTheLogAway() throws IOException {
        open();
        append(0, 1, 0);
        log.close(1);
        byte[] metadata = disk.content("t-0/partition.metadata");
        for (int i = 0; i < metadata.length; i++) {
            disk.flipBit("t-0/partition.metadata", i, 0);
            open();
            assertEquals(1, log.logEnd(), "byte " + i);
        }
        disk.replace("t-0/partition.metadata", ByteBuffer.wrap(metadata, 0, metadata.length - 9));
        open();
        assertEquals(1, log.logEnd());
    }

    @Test
    void aCutThatWasNotFinishedIsFinishedBeforeAnythingElse() throws IOException {
        config = LogConfig.builder().build();
        for (long stop = 1, most = 2; stop < most; stop++) {
            MemoryDisk each = new MemoryDisk();
            log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
            append(0, 1, 0);
            append(1, 1, 0);
            append(2, 1, 0);
            log.close(3);
            log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
            each.faults().stopAtOperation(each.operations() + stop);
            try {
                log.truncateTo(1);
            } catch (IOException e) {
                most = stop + 2;
            }
            each.crash(Loss.NOTHING, new Random(1));
            log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
            long end = log.logEnd();
            each.crash(Loss.ALL_UNSYNCED, new Random(1));
            log = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(each, 4));
            assertEquals(end, log.logEnd(), "stopped at " + stop);
        }
    }

    @Test
    void anEmptiedLogBeginsAtItsStart() throws IOException {
        config = LogConfig.builder().build();
        open();
        append(0, 1, 0);
        flush();
        append(1, 2, 0);
        Driven.advanceLogStart(log, loop, 2, 3);
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        open();
        assertEquals(2, log.logStart());
        assertEquals(2, log.logEnd());
        append(2, 1, 0);
        assertEquals(List.of(2L), read(2, 1));
    }

    @Test
    void zerosInATransactionIndexAreNoEntry() {
        assertEquals(0, AbortedTxnIndex.read(ByteBuffer.allocate(2 * AbortedTxnIndex.ENTRY_BYTES)).size());
    }
}
