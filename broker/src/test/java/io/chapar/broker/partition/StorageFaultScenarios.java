package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a failing disk does to a partition.
final class StorageFaultScenarios {
    private static final String LOG = "orders-3/00000000000000000000.log";

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, LogConfig.defaults());

    private static ErrorCode error(AppendOutcome outcome) {
        return assertInstanceOf(Rejected.class, outcome).error();
    }

    @Test
    void aFailedWriteTakesThePartitionOffline() {
        f.append("a");
        List<String> told = new ArrayList<>();
        f.partition.awaitCommitted(5, Long.MAX_VALUE, error -> told.add(error.name()));
        f.partition.onReadable(READ_UNCOMMITTED, 1, () -> told.add("woken"));
        disk.faults().failWriteAfter(0);
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, error(f.append("b")));
        f.loop.runAll();
        assertEquals(List.of("KAFKA_STORAGE_ERROR", "woken"), told);
        assertNotNull(f.partition.offlineReason());
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, error(f.append("c")));
        assertEquals(new ReadOutcome.ReadRejected(ErrorCode.KAFKA_STORAGE_ERROR), f.read(0, 10, READ_UNCOMMITTED));

        f.open();
        assertNull(f.partition.offlineReason());
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
        assertInstanceOf(Appended.class, f.append("b"));
    }

    @Test
    void aFullDiskIsOfflineUntilThereIsRoom() {
        f.append("a");
        disk.faults().capacityBytes(100);
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, error(f.append("b")));
        assertTrue(f.partition.offlineReason().contains("No space left"));
        disk.faults().capacityBytes(Long.MAX_VALUE);
        f.open();
        f.append("c");
        assertEquals(List.of("a", "c"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aPartitionComesBackByItselfWhenThereIsRoomAgain() {
        f.append("a");
        f.partition.awaitCommitted(5, Long.MAX_VALUE, _ -> { });
        disk.faults().capacityBytes(100);
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, error(f.append("b")));
        assertTrue(f.partition.offlineReason().contains("orders-3 is offline"));

        f.loop.advance(Reopening.FIRST_PAUSE_MS);
        assertNull(f.partition.offlineReason(), "what is there can be read without room");
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, error(f.append("b")), "but nothing can be added");
        f.loop.advance(2 * Reopening.FIRST_PAUSE_MS - 1);
        assertNotNull(f.partition.offlineReason(), "the pause has doubled");

        disk.faults().capacityBytes(Long.MAX_VALUE);
        f.loop.advance(1);
        assertInstanceOf(Appended.class, f.append("b"));
        assertEquals(List.of("a", "b"), f.values(0, READ_UNCOMMITTED));
        assertEquals(2, f.partition.highWatermark());
    }

    @Test
    void aBrokenDiskIsTriedAgainForEverAtEverLongerIntervals() {
        f.append("a");
        disk.faults().broken(path -> path.startsWith("orders-3/"));
        assertEquals(ErrorCode.KAFKA_STORAGE_ERROR, error(f.append("b")));
        f.loop.advance(10 * Reopening.LONGEST_PAUSE_MS);
        assertNotNull(f.partition.offlineReason());
        disk.faults().broken(_ -> false);
        f.loop.advance(Reopening.LONGEST_PAUSE_MS);
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void whatWasUndecidedIsUndecidedAfterTheReturn() {
        f.append("plain");
        f.appendTxn(1, 0, 0, "open");
        disk.faults().failWriteAfter(0);
        f.append("lost");
        f.loop.advance(Reopening.FIRST_PAUSE_MS);
        assertEquals(1, f.partition.lastStableOffset());
        f.marker(1, 1, true);
        assertEquals(List.of("plain", "open"), f.values(0, READ_COMMITTED));
        assertEquals(3, f.partition.lastStableOffset());
    }

    @Test
    void aPartitionThatCouldNotBeOpenedComesUpWhenItCan() {
        f.append("a");
        f.partition.abandon();
        disk.faults().broken(path -> path.startsWith("orders-3/"));
        f.open();
        assertNotNull(f.partition.offlineReason());
        assertEquals(0, f.partition.logEndOffset());
        disk.faults().broken(_ -> false);
        f.loop.advance(Reopening.FIRST_PAUSE_MS);
        assertNull(f.partition.offlineReason());
        assertEquals(1, f.partition.highWatermark());
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void aClosedOrDeletedPartitionStaysAway() {
        f.append("a");
        disk.faults().failWriteAfter(0);
        f.append("b");
        f.partition.delete(() -> { });
        f.loop.advance(10 * Reopening.LONGEST_PAUSE_MS);
        assertEquals(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, error(f.append("c")));
        assertTrue(disk.paths().stream().noneMatch(path -> path.startsWith("orders-3/")));
    }

    @Test
    void aPartitionThatCouldNotBeOpenedIsDeletedWithItsFiles() {
        f.append("a");
        f.partition.abandon();
        disk.faults().unreadable(LOG, 0, 1);
        f.open();
        assertNotNull(f.partition.offlineReason());
        f.partition.delete(() -> { });
        f.loop.advance(10 * Reopening.LONGEST_PAUSE_MS);
        assertEquals(List.of(), disk.paths());
    }

    @Test
    void aFailedSyncTakesThePartitionOffline() {
        f.config = LogConfig.builder().flushMs(50).build();
        f.open();
        f.append("a");
        disk.faults().failSyncs(true);
        f.loop.advance(49);
        assertNull(f.partition.offlineReason());
        f.loop.advance(1);
        assertTrue(f.partition.offlineReason().contains("sync fails"));
    }

    /// Which is when the records that are there have to be on the disk.
    @Test
    void aSyncThatWasToComeMuchLaterComesWhenItIsSetTo() {
        f.config = LogConfig.builder().flushMs(3_600_000).build();
        f.open();
        f.append("a");
        f.partition.configure(LogConfig.builder().flushMs(50).build());
        disk.faults().failSyncs(true);
        f.loop.advance(49);
        assertNull(f.partition.offlineReason());
        f.loop.advance(1);
        assertNotNull(f.partition.offlineReason());
    }

    /// Whoever keeps house goes from one partition to the next: all of its loop would have waited for this one.
    @Test
    void housekeepingGoesOnWhereACheckpointCouldNotBeBegun() {
        f.append("a");
        disk.faults().failWriteAfter(0);
        List<Boolean> done = new ArrayList<>();
        f.partition.housekeep(() -> done.add(true));
        f.loop.runAll();
        assertNotNull(f.partition.offlineReason());
        assertEquals(List.of(true), done);
    }

    @Test
    void flushedRecordsSurviveTheLossOfPower() {
        f.config = LogConfig.builder().flushMessages(1).build();
        f.open();
        for (int i = 0; i < 10; i++) {
            f.append("v" + i);
            f.loop.runAll();
        }
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        f.open();
        assertEquals(10, f.values(0, READ_UNCOMMITTED).size());
    }

    @Test
    void aFlippedBitBehindTheRecoveryPointIsCutAndNeverServed() {
        for (int i = 0; i < 5; i++) {
            f.append("value " + i);
        }
        RecordBatch third = f.batches(0, 1 << 20, READ_UNCOMMITTED).get(2);
        int size = third.sizeInBytes();
        disk.flipBit(LOG, 2 * size + RecordBatch.HEADER_BYTES + 3, 0);
        f.open();
        assertEquals(List.of("value 0", "value 1"), f.values(0, READ_UNCOMMITTED));
        assertEquals(2, f.partition.logEndOffset());
    }

    @Test
    void anyBitOfTheOffsetCheckpointMayBeWrong() {
        String path = "orders-3/offset-checkpoint";
        f.append("a");
        f.append("b");
        f.partition.close();
        int bits = disk.content(path).length * 8;
        for (int bit = 0; bit < bits; bit++) {
            disk.flipBit(path, bit / 8, bit % 8);
            f.open();
            assertNull(f.partition.offlineReason());
            assertEquals(List.of("a", "b"), f.values(0, READ_UNCOMMITTED), "bit " + bit);
            f.partition.close();
        }
    }

    @Test
    void aKillInMidTransactionKeepsItOpen() {
        f.append("plain");
        f.appendTxn(1, 0, 0, "open");
        f.appendTxn(2, 0, 0, "aborted");
        f.marker(2, 1, false);
        f.open();
        assertEquals(1, f.partition.lastStableOffset());
        assertEquals(List.of("plain"), f.values(0, READ_COMMITTED));
        f.marker(1, 1, true);
        assertEquals(5, f.partition.lastStableOffset());
        assertEquals(List.of(new ReadOutcome.AbortedTxn(2, 2)), f.slice(0, 1 << 20, READ_COMMITTED).aborted());
    }

    @Test
    void aPartitionThatCannotBeOpenedSaysSo() {
        f.append("a");
        f.partition.close();
        disk.flipBit("orders-3/offset-checkpoint", 0, 0);
        f.open();
        assertNull(f.partition.offlineReason(), "a spoilt checkpoint costs a scan, nothing else");
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }
}
