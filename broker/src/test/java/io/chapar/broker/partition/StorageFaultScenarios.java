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
