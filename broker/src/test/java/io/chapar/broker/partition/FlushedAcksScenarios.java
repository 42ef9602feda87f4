package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.AppendOutcome.Appended;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static io.chapar.broker.partition.Isolation.READ_COMMITTED;
import static io.chapar.broker.partition.Isolation.READ_UNCOMMITTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// `flush.acks`: what was acknowledged, or seen by a reader, outlives the loss of power.
final class FlushedAcksScenarios {
    private static final LogConfig FLUSHED = LogConfig.builder().flushAcks(true).build();

    private final MemoryDisk disk = new MemoryDisk();
    private final PartitionFixture f = new PartitionFixture(disk, FLUSHED);
    private final List<String> told = new ArrayList<>();

    private void appendAndWait(String value) {
        Appended appended = assertInstanceOf(Appended.class, f.append(value));
        f.partition.awaitCommitted(
                appended.lastOffset(), Long.MAX_VALUE, error -> told.add(value + " " + error.name()));
    }

    @Test
    void anAppendIsCommittedOnceItIsSynced() {
        disk.faults().syncDelayMs(5);
        appendAndWait("a");
        f.loop.advance(4);
        assertEquals(List.of(), told);
        assertEquals(0, f.partition.highWatermark());
        assertEquals(List.of(), f.values(0, READ_UNCOMMITTED));
        f.loop.advance(1);
        assertEquals(List.of("a NONE"), told);
        assertEquals(1, f.partition.highWatermark());
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void whatComesDuringASyncIsCoveredByTheNextOneTogether() {
        disk.faults().syncDelayMs(10);
        appendAndWait("a");
        f.loop.advance(1);
        for (int i = 0; i < 50; i++) {
            appendAndWait("b" + i);
        }
        f.loop.advance(9);
        assertEquals(List.of("a NONE"), told);
        long before = disk.operations();
        f.loop.advance(10);
        assertEquals(51, told.size());
        assertEquals(1, disk.operations() - before, "one sync of one file for all of them");
    }

    /// And is not asked for again and again until then: time would stand still here.
    @Test
    void aCheckpointThatIsDueDuringASyncComesBehindIt() {
        f.config = LogConfig.builder().flushMs(0).build();
        f.open();
        disk.faults().syncDelayMs(10);
        f.append("a");
        f.loop.advance(1);
        f.append("b");
        f.loop.advance(9);
        assertEquals(1, f.partition.unsyncedOffsets());
        f.loop.advance(10);
        assertEquals(0, f.partition.unsyncedOffsets());
    }

    @Test
    void aReaderIsWokenWhenItMayRead() {
        disk.faults().syncDelayMs(10);
        f.partition.onReadable(READ_UNCOMMITTED, 0, () -> told.add("woken"));
        f.append("a");
        f.loop.advance(9);
        assertEquals(List.of(), told);
        f.loop.advance(1);
        assertEquals(List.of("woken"), told);
    }

    @Test
    void aTransactionIsDecidedForReadersWhenItsMarkerIsSynced() {
        f.appendTxn(1, 0, 0, "x");
        f.loop.runAll();
        disk.faults().syncDelayMs(10);
        f.marker(1, 1, true);
        f.loop.advance(9);
        assertEquals(0, f.partition.lastStableOffset());
        f.loop.advance(1);
        assertEquals(2, f.partition.lastStableOffset());
        assertEquals(List.of("x"), f.values(0, READ_COMMITTED));
    }

    @Test
    void aFailedSyncAcknowledgesNothing() {
        disk.faults().failSyncs(true);
        appendAndWait("a");
        f.loop.runAll();
        assertEquals(List.of("a KAFKA_STORAGE_ERROR"), told);
        assertTrue(f.partition.offlineReason().contains("sync fails"));
        disk.faults().failSyncs(false);
        f.loop.advance(Reopening.FIRST_PAUSE_MS);
        f.loop.runAll();
        assertNull(f.partition.offlineReason());
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        f.open();
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED), "what is seen after the failure was synced again");
    }

    @Test
    void theTailOfAKilledProcessIsSyncedBeforeItIsSeen() {
        disk.faults().syncDelayMs(10);
        f.append("a");
        disk.crash(Loss.NOTHING, new Random(1));
        f.open();
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
        disk.crash(Loss.ALL_UNSYNCED, new Random(1));
        f.open();
        assertEquals(List.of("a"), f.values(0, READ_UNCOMMITTED));
    }

    @Test
    void theSettingMayChangeWhileRecordsWait() {
        disk.faults().syncDelayMs(1000);
        appendAndWait("a");
        f.partition.configure(LogConfig.defaults());
        assertEquals(List.of("a NONE"), told);
        f.loop.advance(1000);
        f.partition.configure(FLUSHED);
        appendAndWait("b");
        assertEquals(1, told.size());
        f.loop.advance(1000);
        assertEquals(List.of("a NONE", "b NONE"), told);
    }

    /// Appends, waits, rolls and flushes in any order; then the power goes at any operation, and any part of what was
    /// not synced with it.
    @Property(tries = 400)
    void nothingAcknowledgedOrSeenIsLost(@ForAll long seed) {
        Random random = new Random(seed);
        MemoryDisk failing = new MemoryDisk();
        PartitionFixture p = new PartitionFixture(failing, FLUSHED.toBuilder()
                .segmentBytes(200 + random.nextInt(2000))
                .flushMessages(random.nextBoolean() ? Long.MAX_VALUE : 1 + random.nextInt(20))
                .build());
        List<String> seen = new ArrayList<>();
        for (int life = 0; life < 4; life++) {
            failing.faults().syncDelayMs(random.nextInt(4)).stopAtOperation(failing.operations() + random.nextInt(60));
            int number = 0;
            while (p.partition.offlineReason() == null && number++ < 40) {
                p.append("v" + random.nextInt(1000));
                if (random.nextBoolean()) {
                    p.loop.advance(random.nextInt(5));
                }
                if (p.partition.offlineReason() == null) {
                    List<String> now = p.values(0, READ_UNCOMMITTED);
                    assertEquals(seen, now.subList(0, seen.size()));
                    seen = now;
                }
            }
            p.partition.abandon();
            failing.crash(random.nextBoolean() ? Loss.ALL_UNSYNCED : Loss.SECTORS, random);
            p.open();
            List<String> found = p.values(0, READ_UNCOMMITTED);
            assertTrue(found.size() >= seen.size(), "lost " + (seen.size() - found.size()));
            assertEquals(seen, found.subList(0, seen.size()));
            seen = found;
        }
    }
}
