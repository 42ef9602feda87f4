package io.chapar.broker.partition;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.metrics.MeasuredThings;
import io.chapar.broker.metrics.Totals;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.Records;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// When a partition is compacted, and what goes on meanwhile.
final class CompactorScenarios {
    private static final int SEGMENT = 1024;

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, config().build());
    private CompactionLimits limits = new CompactionLimits(1 << 20, 1e9, 15_000);

    private static LogConfig.Builder config() {
        return LogConfig.builder().compact(true).delete(false).segmentBytes(SEGMENT).deleteRetentionMs(60_000);
    }

    private void configure(LogConfig.Builder to) {
        f.partition.configure(to.build());
    }

    private Compactor start() {
        Compactor compactor = new Compactor(f.loop, disk, limits, () -> List.of(f.partition));
        compactor.start();
        return compactor;
    }

    private void put(String key, String value) {
        RecordBatchBuilder batch = new RecordBatchBuilder(Compression.NONE)
                .append(f.loop.nowMs(), PartitionFixture.bytes(key), PartitionFixture.bytes(value));
        assertTrue(f.append(batch) instanceof AppendOutcome.Appended);
        f.loop.runAll();
    }

    /// Fills up the active segment, so that all before is sealed.
    private void seal() {
        put("filler", "x".repeat(SEGMENT - 100));
        put("filler", "y");
    }

    private List<String> all() {
        List<String> all = new ArrayList<>();
        for (RecordBatch batch : f.batches(f.partition.logStartOffset(), 1 << 20, READ_COMMITTED)) {
            if (!batch.isControl()) {
                batch.records().forEach(r -> all.add(text(r.key()) + "=" + text(r.value())));
            }
        }
        all.removeIf(entry -> entry.startsWith("filler"));
        return all;
    }

    private static String text(java.nio.ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    @Test
    void ofManyPartitionsSomeAreLookedAtATurn() {
        int many = 1000;
        Compactor compactor = new Compactor(f.loop, disk, limits, () -> Collections.nCopies(many, f.partition));
        compactor.look();
        compactor.look();
        int turns = f.loop.runAll();
        assertTrue(turns >= many / 100 - 1, "the others were looked at in " + turns + " turns");
        compactor.look();
        assertEquals(turns, f.loop.runAll(), "one look at a time, and then the next");
    }

    @Test
    void theNewestOfEachKeyStays() {
        put("a", "1");
        put("b", "1");
        put("a", "2");
        seal();
        start();
        f.loop.advance(15_000);
        assertEquals(List.of("b=1", "a=2"), all());
        f.reopen();
        assertEquals(List.of("b=1", "a=2"), all());
    }

    @Test
    void aTombstoneGoesWhenItsTimeIsUpThoughNothingIsWritten() {
        put("a", "1");
        put("a", null);
        seal();
        start();
        f.loop.advance(15_000);
        assertEquals(List.of("a=null"), all());
        f.loop.advance(59_000);
        assertEquals(List.of("a=null"), all());
        f.loop.advance(31_000);
        assertEquals(List.of(), all());
    }

    @Test
    void nothingIsDoneBelowTheDirtyRatio() {
        configure(config().minCleanableDirtyRatio(1));
        put("a", "1");
        put("a", "2");
        seal();
        start();
        f.loop.advance(60_000);
        assertEquals(List.of("a=1", "a=2"), all());
        configure(config().minCleanableDirtyRatio(0.5));
        f.loop.advance(15_000);
        assertEquals(List.of("a=2"), all());
    }

    @Test
    void youngRecordsWait() {
        configure(config().minCompactionLagMs(100_000));
        put("a", "1");
        put("a", "2");
        seal();
        start();
        f.loop.advance(90_000);
        assertEquals(List.of("a=1", "a=2"), all());
        f.loop.advance(30_000);
        assertEquals(List.of("a=2"), all());
    }

    @Test
    void oldRecordsDoNotWaitForARollNorForDirt() {
        configure(config().maxCompactionLagMs(30_000).minCleanableDirtyRatio(1));
        put("a", "1");
        put("a", "2");
        start();
        f.loop.advance(29_000);
        assertEquals(List.of("a=1", "a=2"), all());
        f.loop.advance(31_000);
        assertEquals(List.of("a=2"), all());
        put("a", "3");
        assertEquals(List.of("a=2", "a=3"), all());
    }

    @Test
    void anOpenTransactionStopsItThere() {
        put("k", "0");
        put("k", "1");
        f.appendTxn(7, 0, 0, "open");
        put("k", "2");
        seal();
        start();
        f.loop.advance(30_000);
        assertEquals(3, f.batches(0, 1 << 20, READ_UNCOMMITTED).stream().filter(b -> b.baseOffset() < 3).count());
        f.marker(7, 1, true);
        seal();
        f.loop.advance(30_000);
        assertEquals(List.of("k=2"), all());
    }

    @Test
    void abortedRecordsGoAndTheirMarkerFollows() {
        f.appendTxn(7, 0, 0, "aborted");
        f.marker(7, 1, false);
        f.appendTxn(8, 0, 0, "committed");
        f.marker(8, 1, true);
        seal();
        assertEquals(1, f.slice(0, 100, READ_COMMITTED).aborted().size());
        start();
        f.loop.advance(15_000);
        assertEquals(List.of("k=committed"), all());
        assertEquals(0, f.slice(2, 100, READ_COMMITTED).aborted().size());
    }

    @Test
    void aReaderOfTheOldFilesReadsOn() {
        put("a", "1");
        put("a", "2");
        seal();
        Records old = f.slice(0, 1 << 20, READ_COMMITTED).records();
        int bytes = old.sizeInBytes();
        start();
        f.loop.advance(15_000);
        assertEquals(List.of("a=2"), all());
        assertFalse(old instanceof BufferRecords);
        assertEquals(bytes, PartitionFixture.load(old).remaining());
    }

    @Test
    void aSpoiltBatchIsNotGivenANewChecksum() {
        put("a", "1");
        put("a", "2");
        seal();
        disk.flipBit("orders-3/00000000000000000000.log", RecordBatch.HEADER_BYTES + 4, 1);
        byte[] before = disk.content("orders-3/00000000000000000000.log");
        start();
        f.loop.advance(15_000);
        assertNull(f.partition.offlineReason());
        assertEquals(before.length, disk.content("orders-3/00000000000000000000.log").length);
        assertTrue(disk.paths().stream().noneMatch(path -> path.endsWith(".cleaned")));
    }

    @Test
    void aFullDiskPutsItOff() {
        put("a", "1");
        put("a", "2");
        seal();
        disk.faults().capacityBytes(10);
        start();
        f.loop.advance(15_000);
        assertNull(f.partition.offlineReason());
        assertEquals(List.of("a=1", "a=2"), all());
        disk.faults().capacityBytes(Long.MAX_VALUE);
        f.loop.advance(330_000);
        assertEquals(List.of("a=2"), all());
    }

    /// No error of whatever kind in the upkeep of one partition is more than that, and it is not tried for ever at the
    /// same pace.
    @ParameterizedTest
    @ValueSource(classes = {OutOfMemoryError.class, StackOverflowError.class, IllegalStateException.class})
    void whateverGoesWrongPutsItOff(Class<? extends Throwable> what) {
        put("a", "1");
        put("a", "2");
        seal();
        List<Long> triedAt = new ArrayList<>();
        disk.faults().broken(path -> {
            if (path.endsWith(".log.cleaned") && (triedAt.isEmpty() || triedAt.getLast() != f.loop.nowMs())) {
                triedAt.add(f.loop.nowMs());
                sneak(what);
            }
            return false;
        });
        start();
        f.loop.advance(15_000);
        assertNull(f.partition.offlineReason());
        assertTrue(f.partition.compactionFault().contains(what.getSimpleName()), f.partition.compactionFault());
        assertEquals(1, uncompacted());
        assertEquals(List.of("a=1", "a=2"), all());
        f.loop.advance(24 * 3600_000L);
        assertTrue(triedAt.size() > 4 && triedAt.size() < 13, "tried at " + triedAt);
        put("b", "1");
        disk.faults().broken(_ -> false);
        f.loop.advance(24 * 3600_000L);
        assertEquals(List.of("a=2", "b=1"), all());
        assertNull(f.partition.compactionFault());
        assertEquals(0, uncompacted());
    }

    private double uncompacted() {
        Totals totals = new Totals();
        totals.add(f.partition);
        return MeasuredThings.gauge(totals, "chapar_partitions_uncompacted");
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Class<? extends Throwable> what) throws T {
        try {
            throw (T) what.getConstructor(String.class).newInstance("of a test");
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /// What it writes would be in the way of checkpoints and deletions.
    @Test
    void whereRecordsAreRefusedForWantOfRoomItIsPutOff() throws IOException {
        long kept = 50_000;
        Reserve reserve = Reserve.of(disk, kept);
        f.partition.close();
        f.partition = Partition.open(new PartitionSetup(
                PartitionFixture.ID, PartitionFixture.TOPIC_ID, 0, f.config, new DataFolder(disk, reserve), f.loop));
        put("a", "1");
        put("a", "2");
        seal();
        long capacity = disk.totalBytes() - disk.usableBytes() + kept + SEGMENT / 2;
        disk.faults().capacityBytes(capacity);
        reserve.keep();
        Compactor compactor = start();
        f.loop.advance(20_000);
        assertNotNull(f.partition.compactionFault());
        assertTrue(f.partition.compactionFault().contains("disk"), f.partition.compactionFault());
        assertEquals(capacity - kept - SEGMENT / 2, capacity - disk.usableBytes(), "nothing was written");

        disk.faults().capacityBytes(Long.MAX_VALUE);
        f.loop.advance(400_000);
        assertNull(f.partition.compactionFault());
        compactor.close();
    }

    @Test
    void itKeepsBelowItsRate() {
        limits = new CompactionLimits(1 << 20, 1_000_000, 15_000);
        configure(config().segmentBytes(1 << 30));
        for (int i = 0; i < 5; i++) {
            put("big" + i, "x".repeat(1_000_000));
        }
        configure(config().maxCompactionLagMs(1));
        Compactor compactor = start();
        f.loop.advance(40_000);
        assertTrue(disk.paths().stream().anyMatch(path -> path.endsWith(".cleaned")), "begun after 30 s, 15 MB");
        f.loop.advance(10_000);
        assertTrue(disk.paths().stream().noneMatch(path -> path.endsWith(".cleaned")));
        compactor.close();
    }

    @Test
    void aPartitionThatGoesMeanwhileIsLeftAlone() {
        limits = new CompactionLimits(1 << 20, 1_000_000, 15_000);
        configure(config().segmentBytes(1 << 30));
        for (int i = 0; i < 5; i++) {
            put("big" + i, "x".repeat(1_000_000));
        }
        configure(config().maxCompactionLagMs(1));
        start();
        f.loop.advance(40_000);
        f.partition.delete(() -> { });
        f.loop.advance(60_000);
        assertEquals(List.of(), disk.paths());
        assertNotNull(f.open());
    }

    @Test
    void deletionAndCompactionGoTogether() {
        configure(config().delete(true).retentionMs(100_000));
        put("a", "1");
        put("a", "2");
        put("b", "1");
        seal();
        start();
        f.loop.advance(15_000);
        assertEquals(List.of("a=2", "b=1"), all());
        f.loop.advance(100_000);
        put("c", "1");
        f.housekeep();
        assertEquals(List.of("c=1"), all());
    }

    /// What was written is on stable storage then, so that no further write asks for the checkpoint that vouches for
    /// the sealed segment.
    @Test
    void aRollDuringACheckpointNeedsNoFurtherWrite() {
        put("a", "1");
        put("a", "2");
        f.loop.advance(10);
        configure(config().maxCompactionLagMs(1));
        f.partition.flush();
        Compactor compactor = start();
        compactor.look();
        f.loop.runAll();
        f.loop.advance(60_000);
        assertEquals(List.of("a=2"), all());
    }
}
