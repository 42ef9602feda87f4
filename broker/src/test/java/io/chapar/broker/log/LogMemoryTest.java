package io.chapar.broker.log;

import io.chapar.broker.budget.Budget;
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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Topics whose segments end after each batch, or whose indexes name each batch, take no more memory than there is for
/// logs.
final class LogMemoryTest {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);
    private static final long HOUR = 3600_000;
    private static final int LIMIT = 20 * LogMemory.SEGMENT_BYTES;

    private final MemoryDisk disk = new MemoryDisk();
    private final ManualLoop loop = new ManualLoop();
    private Budget memory = new Budget("log.memory", LIMIT);

    private PartitionLog open(LogConfig config) throws IOException {
        return PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 4, Reserve.none(disk), memory));
    }

    private static void append(PartitionLog log, int batches) throws IOException {
        for (int i = 0; i < batches; i++) {
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
            builder.baseOffset(log.logEnd()).partitionLeaderEpoch(0);
            builder.append(log.logEnd(), null, ByteBuffer.allocate(100));
            ByteBuffer bytes = builder.build();
            log.append(RecordBatch.at(bytes, bytes.position()));
        }
    }

    private static List<Long> all(PartitionLog log) throws IOException {
        List<Long> offsets = new ArrayList<>();
        for (long at = log.logStart(); at < log.logEnd();) {
            PartitionLog.Slice slice = log.slice(at, log.logEnd(), 1 << 20, true);
            RecordBatches.of(slice.records().load()).forEach(batch -> offsets.add(batch.baseOffset()));
            slice.records().release();
            at = slice.endOffset();
        }
        return offsets;
    }

    private static void assertFinds(PartitionLog log, long offset) throws IOException {
        PartitionLog.Slice slice = log.slice(offset, log.logEnd(), 1, true);
        slice.records().release();
        assertEquals(offset, slice.baseOffset());
    }

    @Test
    void segmentsEndLateWhereThereIsNoMemoryForMore() throws IOException {
        LogConfig config = LogConfig.builder().segmentBytes(200).segmentMs(1).segmentIndexBytes(8).build();
        PartitionLog log = open(config);
        append(log, 500);
        assertTrue(log.segmentCount() > 10, log.segmentCount() + " segments");
        assertTrue(memory.used() <= LIMIT, memory.used() + " bytes");
        List<Long> whole = LongStream.range(0, 500).boxed().toList();
        assertEquals(whole, all(log));
        log.close(log.logEnd());
        assertEquals(0, memory.used());

        log = open(config);
        assertEquals(whole, all(log));
        append(log, 1);
        assertEquals(501, log.logEnd());
        log.abandon();
        assertEquals(0, memory.used());
    }

    @Test
    void theyEndAsTheirTopicHasItAgainWhereOthersHaveGone() throws IOException {
        Budget.Share others = memory.share();
        others.holds(LIMIT);
        PartitionLog log = open(LogConfig.builder().segmentBytes(200).build());
        append(log, 10);
        assertEquals(1, log.segmentCount());
        others.holds(0);
        append(log, 4);
        assertEquals(5, log.segmentCount());
    }

    @Test
    void indexesGetSparserWhereThereIsNoMemoryForMore() throws IOException {
        PartitionLog log = open(LogConfig.builder().indexIntervalBytes(0).build());
        append(log, 3_000);
        assertTrue(memory.used() > LIMIT / 4, memory.used() + " bytes");
        assertTrue(memory.used() <= LIMIT, memory.used() + " bytes");
        for (long offset = 0; offset < log.logEnd(); offset += 97) {
            assertFinds(log, offset);
        }
        log.abandon();

        memory = new Budget("log.memory", LIMIT);
        log = open(LogConfig.builder().indexIntervalBytes(0).build());
        append(log, 1);
        assertTrue(memory.used() <= LIMIT, memory.used() + " bytes");
        for (long offset = 0; offset < log.logEnd(); offset += 97) {
            assertFinds(log, offset);
        }
    }

    /// It would be built anew, and its segment end, at each start.
    @Test
    void aSparseIndexIsNotTakenForAMissingOne() throws IOException {
        LogConfig config = LogConfig.builder().indexIntervalBytes(1 << 20).build();
        PartitionLog log = open(config);
        append(log, 1_000);
        log.close(log.logEnd());
        log = open(config);
        log.repairAwayFrom(loop);
        append(log, 1);
        assertEquals(1, log.segmentCount());
        assertFinds(log, 500);
    }

    private static void abort(PartitionLog log, int transactions) throws IOException {
        for (int i = 0; i < transactions; i++) {
            long producer = log.logEnd();
            RecordBatchBuilder builder = new RecordBatchBuilder(Compression.NONE);
            builder.baseOffset(log.logEnd()).partitionLeaderEpoch(0).producer(producer, (short) 0, 0).transactional();
            builder.append(1, null, ByteBuffer.allocate(1));
            ByteBuffer bytes = builder.build();
            log.append(RecordBatch.at(bytes, bytes.position()));
            ByteBuffer marker = new EndTxnMarker(producer, (short) 0, 0, false).build(log.logEnd(), 0, 1);
            log.append(RecordBatch.at(marker, marker.position()));
        }
    }

    private static void assertAborted(PartitionLog log, int transactions) throws IOException {
        assertEquals(LongStream.range(0, transactions).map(i -> 2 * i).boxed().toList(), log.aborted(0, log.logEnd())
                .stream().map(AbortedTxnIndex.Entry::firstOffset).toList());
    }

    @Test
    void abortedTransactionsAreKeptOfTheLastSegmentAlone() throws IOException {
        LogConfig config = LogConfig.builder().segmentBytes(3_000).build();
        PartitionLog log = open(config);
        abort(log, 200);
        long segments = (long) log.segmentCount() * LogMemory.SEGMENT_BYTES;
        assertTrue(memory.used() < segments + 2_000, memory.used() + " bytes");
        assertAborted(log, 200);
        log.close(log.logEnd());

        log = open(config);
        assertAborted(log, 200);
        abort(log, 50);
        assertAborted(log, 250);
        log.abandon();
        // The last checkpoint knew less.
        log = open(config);
        assertAborted(log, 250);
        List<IOException> failures = new ArrayList<>();
        log.truncateLater(2 * 100, loop, failures::add);
        loop.runAll();
        assertAborted(log, 100);
        abort(log, 10);
        assertAborted(log, 110);
    }

    @Test
    void aSegmentWithManyAbortedTransactionsEndsWhereMemoryIsNeeded() throws IOException {
        memory = new Budget("log.memory", 100_000);
        PartitionLog log = open(LogConfig.defaults());
        abort(log, LogMemory.MANY_ABORTED_THEN + 10);
        assertEquals(1, log.segmentCount());
        memory.share().holds(99_000);
        abort(log, 1);
        assertEquals(2, log.segmentCount());
        abort(log, LogMemory.MANY_ABORTED_THEN - 10);
        assertEquals(2, log.segmentCount());
        assertAborted(log, 2 * LogMemory.MANY_ABORTED_THEN + 1);
    }

    @Test
    void soItDoesAfterAStart() throws IOException {
        memory = new Budget("log.memory", 100_000);
        PartitionLog log = open(LogConfig.defaults());
        abort(log, LogMemory.MANY_ABORTED_THEN);
        log.close(log.logEnd());
        memory.share().holds(99_000);
        log = open(LogConfig.defaults());
        log.repairAwayFrom(loop);
        append(log, 1);
        assertEquals(2, log.segmentCount());
        assertAborted(log, LogMemory.MANY_ABORTED_THEN);
    }

    /// A reader of committed records asks all segments behind it: of those without any, which are most, there is
    /// nothing to be read again and again.
    @Test
    void segmentsWithoutAbortedTransactionsTakeNoRoomInTheCache() throws IOException {
        DataFolder data = new DataFolder(disk, 4, Reserve.none(disk), Budget.unbounded());
        LogConfig config = LogConfig.builder().segmentBytes(200).build();
        PartitionLog log = PartitionLog.open(ID, TOPIC_ID, config, data);
        append(log, 10);
        assertAborted(log, 0);
        assertEquals(Map.of(), data.abortedTxns().asMap());
        log.close(log.logEnd());
        log = PartitionLog.open(ID, TOPIC_ID, config, data);
        assertAborted(log, 0);
        assertEquals(Map.of(), data.abortedTxns().asMap());
        log.abandon();
    }

    @Test
    void whatIsDeletedAndCutIsGivenBack() throws IOException {
        PartitionLog log = open(LogConfig.builder().segmentBytes(200).retentionMs(HOUR).build());
        append(log, 10);
        long ten = memory.used();
        List<IOException> failures = new ArrayList<>();
        log.truncateLater(5, loop, failures::add);
        loop.runAll();
        long five = memory.used();
        assertTrue(five <= ten - 3 * LogMemory.SEGMENT_BYTES, five + " of " + ten);
        log.retain(100 * HOUR, log.logEnd(), loop, failures::add);
        loop.runAll();
        assertEquals(1, log.segmentCount());
        assertTrue(memory.used() < 2 * LogMemory.SEGMENT_BYTES, memory.used() + " bytes");
        failures.removeIf(failure -> failure == null);
        assertEquals(List.of(), failures);
        log.delete();
        assertEquals(0, memory.used());
    }
}
