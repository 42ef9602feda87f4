package io.chapar.broker.partition;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;

import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A disk of 100,000 bytes of which 10,000 are kept for upkeep.
final class ReserveScenarios {
    private static final int CAPACITY = 100_000;
    private static final int KEPT = 10_000;

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, LogConfig.builder().segmentBytes(20_000).build());
    private Reserve reserve;

    @BeforeEach
    void begin() throws IOException {
        disk.faults().capacityBytes(CAPACITY);
        open();
        reserve.keep();
    }

    private void open() throws IOException {
        reserve = Reserve.of(disk, KEPT);
        f.partition = Partition.open(new PartitionSetup(
                PartitionFixture.ID, PartitionFixture.TOPIC_ID, 0, f.config, new DataFolder(disk, reserve), f.loop));
    }

    private int fill() {
        int written = 0;
        AppendOutcome outcome = f.append("x".repeat(3_000));
        while (outcome instanceof Appended) {
            written++;
            outcome = f.append("x".repeat(3_000));
        }
        Rejected refused = assertInstanceOf(Rejected.class, outcome);
        assertEquals(ErrorCode.POLICY_VIOLATION, refused.error());
        assertTrue(refused.reason().contains("disk is full"), refused.reason());
        return written;
    }

    @Test
    void recordsAreRefusedWhileThereIsRoomForTheRest() {
        int written = fill();
        assertNull(f.partition.offlineReason());
        assertTrue(disk.usableBytes() >= KEPT / 2, "checkpoints and indexes are all that is there of it");
        assertEquals(written, f.values(0, READ_UNCOMMITTED).size());
        f.partition.flush();
        f.loop.runAll();
        assertNull(f.partition.offlineReason(), "a checkpoint has room");
        assertEquals(ErrorCode.NONE, f.deleteRecords(-1));
        assertInstanceOf(Appended.class, f.append("goes on"));
    }

    @Test
    void retentionMakesRoom() {
        f.config = LogConfig.builder().segmentBytes(20_000).retentionBytes(40_000).retentionMs(-1).build();
        f.partition.configure(f.config);
        fill();
        f.housekeep();
        assertTrue(f.partition.sizeInBytes() < 60_000, "of " + CAPACITY + " bytes: " + f.partition.sizeInBytes());
        assertInstanceOf(Appended.class, f.append("goes on"));
    }

    @Test
    void aRepeatedBatchOfAFullDiskIsKnown() {
        AppendOutcome first = f.append(f.batch("a").producer(7, (short) 0, 0));
        assertInstanceOf(Appended.class, first);
        fill();
        Appended again = assertInstanceOf(Appended.class, f.append(f.batch("a").producer(7, (short) 0, 0)));
        assertTrue(again.duplicate());
    }

    @Test
    void whatOthersFilledIsMadeUpForByWhatIsHeld() throws IOException {
        fill();
        assertNotNull(disk.content("reserve"));
        disk.faults().capacityBytes(CAPACITY - disk.usableBytes());
        assertEquals(0, disk.usableBytes());
        reserve.keep();
        assertNull(disk.content("reserve"));
        assertEquals(KEPT, disk.usableBytes());
        assertEquals(ErrorCode.NONE, f.deleteRecords(20));
        f.partition.delete(() -> { });
        reserve.keep();
        assertNotNull(disk.content("reserve"), "taken again once there is room");
        open();
        assertInstanceOf(Appended.class, f.append("a"));
        assertFalse(reserve.isRefusing());
    }
}
