package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Indexes that are damaged are built anew beside the loop: whoever needs them waits, and everybody else goes on.
final class IndexRepairScenarios {
    private static final String VALUE = "v".repeat(1000);
    private static final int BATCHES = 1000;
    private static final int SEGMENT_BYTES = 600_000;
    /// What a turn may read of the log, where all of a segment is 600 kB.
    private static final long FEW_BYTES = 64 << 10;

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f =
            new PartitionFixture(disk, LogConfig.builder().segmentBytes(SEGMENT_BYTES).build());

    /// Two segments, the second of which is appended to, closed and damaged.
    private void damage(String suffix) throws IOException {
        for (int i = 0; i < BATCHES; i++) {
            f.append(VALUE);
            f.loop.advance(1);
        }
        f.partition.close();
        for (String path : disk.paths()) {
            if (path.endsWith(suffix)) {
                damageOne(path);
            }
        }
        f.open();
    }

    /// Of as many bytes as before: else the segment that is appended to would be looked through as it is opened.
    private void damageOne(String path) throws IOException {
        byte[] content = disk.content(path);
        Arrays.fill(content, (byte) -1);
        disk.replace(path, ByteBuffer.wrap(content));
    }

    private long readBy(Runnable turn) {
        long before = disk.bytesRead();
        turn.run();
        return disk.bytesRead() - before;
    }

    @ParameterizedTest
    @ValueSource(strings = {".index", ".timeindex"})
    void whoReadsASealedSegmentWaitsUntilItsIndexIsBuiltBesideTheLoop(String suffix) throws IOException {
        damage(suffix);
        disk.holdWork();
        long read = readBy(() -> assertInstanceOf(
                ReadOutcome.Indexing.class, f.read(300, 10, READ_UNCOMMITTED)));
        assertTrue(read < FEW_BYTES, read + " bytes in one turn");
        List<String> woken = new ArrayList<>();
        f.partition.onIndexed(() -> woken.add("again"));
        f.partition.onIndexed(() -> woken.add("gone")).cancel();
        f.loop.runAll();
        assertEquals(List.of(), woken);
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(300, 10, READ_UNCOMMITTED), "still");

        disk.doHeldWork().run();
        long adopted = readBy(f.loop::runAll);
        assertTrue(adopted < FEW_BYTES, adopted + " bytes in one turn");
        assertEquals(List.of("again"), woken);
        assertEquals(300, readAll(300).getFirst().baseOffset());
        assertEquals(BATCHES, readAll(0).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {".index", ".timeindex"})
    void whoAppendsDoesNotWait(String suffix) throws IOException {
        damage(suffix);
        disk.holdWork();
        long read = readBy(() -> assertInstanceOf(Appended.class, f.append("next")));
        assertTrue(read < FEW_BYTES, read + " bytes in one turn");
        assertEquals(BATCHES, f.batches(BATCHES, 1 << 20, READ_UNCOMMITTED).getFirst().baseOffset(), "read at once");
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(BATCHES - 10, 10, READ_UNCOMMITTED));
        assertInstanceOf(Appended.class, f.append("and another"));
        settle();
        assertEquals(BATCHES + 2, readAll(0).size());
    }

    /// A reader finds the damage, and the next append comes while it is mended.
    @Test
    void whoAppendsDoesNotWaitForWhatAReaderFound() throws IOException {
        damage(".index");
        disk.holdWork();
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(BATCHES - 10, 10, READ_UNCOMMITTED));
        assertInstanceOf(Appended.class, f.append("next"));
        settle();
        assertEquals(BATCHES + 1, readAll(0).size());
        f.reopen();
        assertEquals(BATCHES + 1, readAll(0).size());
    }

    /// Checkpoint, retention and close do not wait either, and leave what the next start needs.
    @Test
    void upkeepGoesOnMeanwhile() throws IOException {
        damage("index");
        disk.holdWork();
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(3, 10, READ_UNCOMMITTED));
        long read = readBy(f::housekeep);
        assertTrue(read < FEW_BYTES, read + " bytes");
        f.reopen();
        assertEquals(0, f.partition.logStartOffset());
        assertEquals(BATCHES, readAll(0).size());
    }

    /// Compaction asks for ages and for aborted transactions; a partition does not go offline because of it.
    @Test
    void compactionComesAgainLater() throws IOException {
        damage("index");
        f.partition.configure(
                LogConfig.builder().segmentBytes(SEGMENT_BYTES).compact(true).minCompactionLagMs(1).build());
        disk.holdWork();
        assertNull(f.partition.onLog(log -> log.cleanable(f.loop.nowMs() + 1, BATCHES)));
        assertNull(f.partition.offlineReason());
        settle();
        assertNotNull(f.partition.onLog(log -> log.cleanable(f.loop.nowMs() + 1, BATCHES)));
    }

    @Test
    void aSearchByTimeGoesOnWhenTheIndexIsThere() throws IOException {
        damage("index");
        disk.holdWork();
        List<OffsetAtTime> found = new ArrayList<>();
        long first = f.loop.nowMs() - BATCHES;
        long read = readBy(() -> f.partition.offsetForTimestamp(first + 300, READ_UNCOMMITTED, -1, found::add));
        f.loop.runAll();
        assertTrue(read < FEW_BYTES, read + " bytes in one turn");
        assertEquals(List.of(), found);
        settle();
        assertEquals(300, assertInstanceOf(OffsetAtTime.Found.class, found.getFirst()).offset());
    }

    @Test
    void aTransactionIndexIsBuiltBesideTheLoop() throws IOException {
        f.appendTxn(7, 0, 0, "a");
        assertInstanceOf(Appended.class, f.marker(7, 1, false));
        damage(".txnindex");
        disk.holdWork();
        long read = readBy(() -> assertInstanceOf(ReadOutcome.Indexing.class, f.read(0, 10, READ_COMMITTED)));
        assertTrue(read < FEW_BYTES, read + " bytes in one turn");
        assertInstanceOf(ReadOutcome.Slice.class, f.read(0, 10, READ_UNCOMMITTED));
        settle();
        assertEquals(List.of(new ReadOutcome.AbortedTxn(7, 0)), f.slice(0, 10, READ_COMMITTED).aborted());
    }

    /// An abort needs the transaction index of the segment that is appended to.
    @Test
    void anAbortDoesNotWait() throws IOException {
        f.appendTxn(7, 0, 0, "a");
        assertInstanceOf(Appended.class, f.marker(7, 1, false));
        f.appendTxn(8, 0, 0, "b");
        f.partition.close();
        String path = disk.paths().stream().filter(each -> each.endsWith(".txnindex")).findFirst().orElseThrow();
        damageOne(path);
        f.open();
        disk.holdWork();
        assertInstanceOf(Appended.class, f.marker(8, 1, false));
        settle();
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(0, 10, READ_COMMITTED));
        settle();
        assertEquals(List.of(new ReadOutcome.AbortedTxn(7, 0), new ReadOutcome.AbortedTxn(8, 2)),
                f.slice(0, 1 << 20, READ_COMMITTED).aborted());
    }

    /// The disk does not give the segment: who asks is told so, and it is not read again for each of them.
    @Test
    void whatCannotBeBuiltIsNotTriedForEachWhoAsks() throws IOException {
        damage(".index");
        disk.holdWork();
        String log = disk.paths().stream().filter(path -> path.endsWith(".log")).toList().getFirst();
        disk.faults().unreadable(log, 200_000, 200_001);
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(300, 10, READ_UNCOMMITTED));
        disk.doHeldWork().run();
        f.loop.runAll();
        for (int i = 0; i < 3; i++) {
            assertInstanceOf(ReadOutcome.ReadRejected.class, f.read(300, 10, READ_UNCOMMITTED));
        }
        disk.faults().unreadable(log, 0, 0);
        f.loop.advance(10_001);
        assertInstanceOf(ReadOutcome.Indexing.class, f.read(300, 10, READ_UNCOMMITTED));
        disk.doHeldWork().run();
        f.loop.runAll();
        assertInstanceOf(ReadOutcome.Slice.class, f.read(300, 10, READ_UNCOMMITTED));
    }

    /// The last entries are missing: what lies behind those that are there is not gone over on the loop.
    @Test
    void anIndexThatLostItsEndIsNoIndex() throws IOException {
        MemoryDisk other = new MemoryDisk();
        PartitionFixture large = new PartitionFixture(other, LogConfig.builder().segmentBytes(4 << 20).build());
        for (int i = 0; i < 5 * BATCHES; i++) {
            large.append(VALUE);
        }
        large.partition.close();
        String path = "orders-3/00000000000000000000.index";
        other.replace(path, ByteBuffer.wrap(other.content(path), 0, 8));
        large.open();
        other.holdWork();
        long before = other.bytesRead();
        assertInstanceOf(ReadOutcome.Indexing.class, large.read(2 * BATCHES, 10, READ_UNCOMMITTED));
        long read = other.bytesRead() - before;
        assertTrue(read < (1 << 20) + FEW_BYTES, read + " bytes");
    }

    /// Everything that is built is built.
    private void settle() {
        for (int i = 0; i < 10; i++) {
            Runnable answers = disk.doHeldWork();
            answers.run();
            f.loop.runAll();
        }
    }

    private List<RecordBatch> readAll(long from) {
        List<RecordBatch> all = new ArrayList<>();
        long next = from;
        while (next < f.partition.highWatermark()) {
            if (!(f.read(next, 1 << 20, READ_UNCOMMITTED) instanceof ReadOutcome.Slice slice)) {
                settle();
                continue;
            }
            for (RecordBatch batch : RecordBatches.of(PartitionFixture.load(slice.records()))) {
                all.add(batch);
                next = batch.nextOffset();
            }
        }
        return all;
    }
}
